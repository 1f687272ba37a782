namespace Holdfast.Api.Backups;

/// <summary>A restore point that is to be tried.</summary>
public sealed record RestorePointCheckRequest
{
    /// <summary>As for a restore.</summary>
    public required string From { get; init; }

    /// <summary>As for a restore.</summary>
    public string? Point { get; init; }

    /// <summary>Keys that may open it, besides those that the server keeps. Used once, never stored.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}
