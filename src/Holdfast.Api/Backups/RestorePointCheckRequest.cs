namespace Holdfast.Api.Backups;

/// <summary>A request to check whether a restore point can be read.</summary>
public sealed record RestorePointCheckRequest
{
    /// <summary>The location, as <see cref="RestoreRequest.From"/>.</summary>
    public required string From { get; init; }

    /// <summary>The restore point, as <see cref="RestoreRequest.Point"/>.</summary>
    public string? Point { get; init; }

    /// <summary>Keys to try in addition to those that the server stores. Used once, never stored.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}
