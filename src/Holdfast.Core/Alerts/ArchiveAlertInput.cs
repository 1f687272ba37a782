using Holdfast.Core.Databases;

namespace Holdfast.Core.Alerts;

/// <summary>What is wrong with the archives of one database at one destination, as the rules of alerts look at it.</summary>
/// <param name="Database">The database.</param>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Damaged">How many archives are known to be damaged there.</param>
/// <param name="Missing">How many are missing there, or shorter than they were written, and were not acknowledged.</param>
/// <param name="DamagedSince">Since when the first of the damaged is known; null for none.</param>
/// <param name="MissingSince">The same of the missing.</param>
/// <param name="Example">What is wrong with one of the damaged; null for none.</param>
/// <param name="MissingExample">The same of the missing.</param>
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
