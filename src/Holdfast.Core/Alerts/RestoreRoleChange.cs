namespace Holdfast.Core.Alerts;

/// <summary>
/// A change that code in a restored database made to the role that runs restores into a source, and that is not acknowledged yet.
/// </summary>
/// <param name="Message">What changed.</param>
/// <param name="Hint">How to undo it; null if unknown.</param>
/// <param name="At">When the change was detected.</param>
/// <param name="Before">The attributes and memberships of the role before, in the engine's format; null if unknown.</param>
public sealed record RestoreRoleChange(string Message, string? Hint, DateTimeOffset At, string? Before);
