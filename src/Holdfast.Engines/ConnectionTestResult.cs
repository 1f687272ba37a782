using Holdfast.Core.Errors;

namespace Holdfast.Engines;

/// <summary>What trying a source came to.</summary>
/// <param name="Info">What it is; null where it cannot be reached.</param>
/// <param name="Databases">Databases that were found.</param>
/// <param name="Problems">What stops backups, of the source or of some of its databases. Their hints say how to mend it.</param>
/// <param name="Notes">What works all the same, but not as well as it could: a restore that is not possible, an old program.</param>
public sealed record ConnectionTestResult(
    SourceInfo? Info,
    int Databases,
    IReadOnlyList<HoldfastException> Problems,
    IReadOnlyList<HoldfastException> Notes
);
