namespace Holdfast.Core.Protection;

/// <summary>Problems with the backups of one task that verifications, listings and audits found, beyond what its runs reported.</summary>
/// <param name="Destinations">
/// Problems by the names of destinations whose newest backup is known to be damaged, incomplete or missing. Any other destination holds
/// what the runs stored there.
/// </param>
public sealed record KnownBackupProblems(IReadOnlyDictionary<string, DestinationBackupProblem> Destinations);
