using Holdfast.Api.Access;

namespace Holdfast.Server.Access.Tokens;

/// <summary>A token for programs, as it is stored: never the token itself.</summary>
public sealed record ApiToken
{
    /// <summary>Its id, which is part of the token.</summary>
    public required string Id { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    public required Role Role { get; init; }

    /// <summary>SHA-256 of its secret of 32 random bytes, which needs no slow hash: it cannot be guessed.</summary>
    public required string Hash { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When it was used last, to about five minutes; null for never.</summary>
    public DateTimeOffset? LastUsed { get; init; }
}
