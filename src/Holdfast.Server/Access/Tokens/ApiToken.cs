using Holdfast.Api.Access;

namespace Holdfast.Server.Access.Tokens;

/// <summary>A token for programs as it is stored: only its hash.</summary>
public sealed record ApiToken
{
    /// <summary>Id, which is part of the token.</summary>
    public required string Id { get; init; }

    /// <summary>What the token is used for.</summary>
    public required string Name { get; init; }

    /// <summary>The role that requests with the token have.</summary>
    public required Role Role { get; init; }

    /// <summary>SHA-256 of its secret. The secret consists of 32 random bytes that cannot be guessed, so no slow hash is needed.</summary>
    public required string Hash { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Who created it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it expires; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When it was last used, to within about five minutes; null if never.</summary>
    public DateTimeOffset? LastUsed { get; init; }
}
