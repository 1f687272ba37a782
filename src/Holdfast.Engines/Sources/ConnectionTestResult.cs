using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sources;

/// <summary>The result of testing a source.</summary>
/// <param name="Info">Information about the source; null if it cannot be reached.</param>
/// <param name="Databases">Number of databases found.</param>
/// <param name="Problems">Problems that prevent backups of the source or of some of its databases. The hints state how to fix them.</param>
/// <param name="Notes">Limitations that do not prevent backups, such as an impossible restore or an outdated program.</param>
public sealed record ConnectionTestResult(
    SourceInfo? Info,
    int Databases,
    IReadOnlyList<HoldfastException> Problems,
    IReadOnlyList<HoldfastException> Notes
);
