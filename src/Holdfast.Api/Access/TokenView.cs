namespace Holdfast.Api.Access;

/// <summary>An API token as the API shows it.</summary>
public sealed record TokenView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What it is used for.</summary>
    public required string Name { get; init; }

    /// <summary>The role that requests with it have.</summary>
    public required Role Role { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Who created it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it expires; null for never.</summary>
    public required DateTimeOffset? Expires { get; init; }

    /// <summary>When it was last used, to within about five minutes; null if never.</summary>
    public required DateTimeOffset? LastUsed { get; init; }

    /// <summary>The token itself, only in the answer to its creation; null otherwise.</summary>
    public string? Token { get; init; }

    /// <summary>Leaves out the token.</summary>
    public override string ToString() => $"{nameof(TokenView)} {Id}";
}
