namespace Holdfast.Api.Sources;

/// <summary>The role that restores into a source run as, without its password.</summary>
/// <param name="User">Name of the role.</param>
/// <param name="HasPassword">Whether the server has a password for it.</param>
public sealed record RestoreRoleView(string User, bool HasPassword);
