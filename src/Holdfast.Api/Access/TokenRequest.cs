namespace Holdfast.Api.Access;

/// <summary>Makes an API token.</summary>
public sealed record TokenRequest
{
    /// <summary>What it is for, 1 to 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    public required Role Role { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }
}
