namespace Holdfast.Api.Sources;

/// <summary>How a source was defined over the API. Fields are those of <see cref="SourceRequest"/>; the password is not shown.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="HasPassword">Whether a password is kept for it.</param>
/// <param name="Include">Globs of the names of databases that count.</param>
/// <param name="Exclude">Globs of the names of databases that do not count.</param>
/// <param name="RestoreOwner">Role that owns what is restored here.</param>
public sealed record SourceDefinitionView(
    string Url,
    bool HasPassword,
    IReadOnlyList<string> Include,
    IReadOnlyList<string> Exclude,
    string? RestoreOwner
)
{
    /// <summary>The role that restores are run as; null for the user of the address.</summary>
    public RestoreRoleView? Restore { get; init; }
}
