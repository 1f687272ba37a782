namespace Holdfast.Engines.Restores;

/// <summary>
/// The settings and memberships of the role that runs a restore, as text in the engine's format. Code in the restored database can change
/// them.
/// </summary>
/// <param name="Before">At the start of the restore.</param>
/// <param name="After">
/// After everything was loaded, while the role could still log in; null if not inspected yet, or if that failed.
/// </param>
public sealed record RestoreRoleState(string Before, string? After);
