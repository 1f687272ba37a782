namespace Holdfast.Api.Sources;

/// <summary>The role that restores into a source are run as; its password is not shown.</summary>
/// <param name="User">Its name.</param>
/// <param name="HasPassword">Whether a password is kept for it.</param>
public sealed record RestoreRoleView(string User, bool HasPassword);
