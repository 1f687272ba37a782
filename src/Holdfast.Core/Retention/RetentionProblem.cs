namespace Holdfast.Core.Retention;

/// <summary>Why retention did not delete expired backups.</summary>
/// <param name="NeedsApproval">
/// Whether it waits for an operator's approval; otherwise it failed, and runs again after the next full backup.
/// </param>
/// <param name="Message">Why.</param>
public sealed record RetentionProblem(bool NeedsApproval, string Message);
