namespace Holdfast.Api.Access;

/// <summary>An API token as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Created">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="Expires">When it ends; null for never.</param>
/// <param name="LastUsed">When it was used last, to about five minutes; null for never.</param>
/// <param name="Token">The token itself, in the answer that makes it and never again.</param>
public sealed record TokenView(
    string Id,
    string Name,
    Role Role,
    DateTimeOffset Created,
    string CreatedBy,
    DateTimeOffset? Expires,
    DateTimeOffset? LastUsed,
    string? Token = null
)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => $"{nameof(TokenView)} {Id}";
}
