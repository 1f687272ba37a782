namespace Holdfast.Core.Alerts;

/// <summary>Code of a database has changed the role that runs restores into a source; nobody has said yet that this is undone.</summary>
/// <param name="Message">What has changed.</param>
/// <param name="Hint">How to undo it; null where nothing sensible can be said.</param>
/// <param name="At">When that was found.</param>
/// <param name="Before">What the role had before, as the engine tells it; null where that is not known.</param>
public sealed record RestoreRoleChange(string Message, string? Hint, DateTimeOffset At, string? Before);
