namespace Holdfast.Core.Protection;

/// <summary>What is known to be wrong with the newest backups of one task at one destination.</summary>
/// <param name="LastGood">When the newest backup there began that is not known to be bad; null where there is none.</param>
/// <param name="Since">When it was found.</param>
/// <param name="Problem">What is wrong, for people, as a sentence.</param>
public sealed record DestinationBackupProblem(DateTimeOffset? LastGood, DateTimeOffset Since, string Problem);
