namespace Holdfast.Engines;

/// <summary>
/// What the role that runs a restore has, in a text of the engine: its settings and memberships. Code of the database
/// that is restored can change them.
/// </summary>
/// <param name="Before">As the restore began.</param>
/// <param name="After">
/// When all had been loaded, and the role could still log in; null where that could not be looked at, or is yet to be.
/// </param>
public sealed record RestoreRoleState(string Before, string? After);
