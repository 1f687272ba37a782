namespace Holdfast.Api.Access;

/// <summary>A request to create an API token.</summary>
public sealed record TokenRequest
{
    /// <summary>What the token is used for, 1 to 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The role that requests with the token have.</summary>
    public required Role Role { get; init; }

    /// <summary>When the token expires; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }
}
