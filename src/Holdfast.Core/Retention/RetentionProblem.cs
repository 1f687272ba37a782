namespace Holdfast.Core.Retention;

/// <summary>Why retention did not delete what is past its time.</summary>
/// <param name="NeedsApproval">Whether it waits for an operator; else it failed, and tries again after the next full backup.</param>
/// <param name="Message">Why.</param>
public sealed record RetentionProblem(bool NeedsApproval, string Message);
