using Holdfast.Core.Databases;

namespace Holdfast.Core.Alerts;

/// <summary>Known problems with the archives of one database at one destination, as input to the alert rules.</summary>
/// <param name="Database">The database.</param>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Damaged">Number of archives known to be damaged there.</param>
/// <param name="Missing">Number of archives that are missing there or shorter than written, and not acknowledged.</param>
/// <param name="DamagedSince">When the first damaged archive was found; null if there is none.</param>
/// <param name="MissingSince">When the first missing archive was found; null if there is none.</param>
/// <param name="Example">What is wrong with one of the damaged archives; null if there is none.</param>
/// <param name="MissingExample">What is wrong with one of the missing archives; null if there is none.</param>
public sealed record ArchiveAlertInput(
    DatabaseId Database,
    string Destination,
    int Damaged,
    int Missing,
    DateTimeOffset? DamagedSince,
    DateTimeOffset? MissingSince,
    string? Example,
    string? MissingExample
);
