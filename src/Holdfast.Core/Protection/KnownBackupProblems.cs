namespace Holdfast.Core.Protection;

/// <summary>
/// What is known against the backups of one task beyond what its runs reported: found by verifications, listings and
/// audits.
/// </summary>
/// <param name="Destinations">
/// The destinations whose newest backup is known to be damaged, incomplete or gone, by their names. One that is not
/// named holds what the runs stored there.
/// </param>
public sealed record KnownBackupProblems(IReadOnlyDictionary<string, DestinationBackupProblem> Destinations);
