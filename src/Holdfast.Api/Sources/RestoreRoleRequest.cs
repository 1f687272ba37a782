namespace Holdfast.Api.Sources;

/// <summary>
/// The role that restores into a source are run as: code of whoever owned the database that was backed up runs with its
/// rights.
/// </summary>
public sealed record RestoreRoleRequest
{
    /// <summary>Its name. It needs no right but to log in.</summary>
    public required string User { get; init; }

    /// <summary>Its password, kept with the secrets and never shown. Left out, the one that is kept stays; empty for none.</summary>
    public string? Password { get; init; }
}
