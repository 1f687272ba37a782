namespace Holdfast.Core.Protection;

/// <summary>A known problem with the newest backups of one task at one destination.</summary>
/// <param name="LastGood">When the newest backup there that is not known to be bad began; null if there is none.</param>
/// <param name="Since">When the problem was found.</param>
/// <param name="Problem">What is wrong, for people, as a sentence.</param>
public sealed record DestinationBackupProblem(DateTimeOffset? LastGood, DateTimeOffset Since, string Problem);
