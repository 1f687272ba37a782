namespace Holdfast.Api.Sources;

/// <summary>
/// The role that restores into a source run as. Code of whoever owned the backed-up database runs with the rights of
/// this role.
/// </summary>
public sealed record RestoreRoleRequest
{
    /// <summary>Name of the role. It needs no right except to log in.</summary>
    public required string User { get; init; }

    /// <summary>
    /// Password of the role. The server stores it as a secret and never shows it. Null keeps the stored password; an
    /// empty string removes it.
    /// </summary>
    public string? Password { get; init; }
}
