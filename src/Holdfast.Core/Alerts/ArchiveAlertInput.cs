using Holdfast.Core.Databases;

namespace Holdfast.Core.Alerts;

/// <summary>Known problems with the archives of one database at one destination, as input to the alert rules.</summary>
public sealed record ArchiveAlertInput
{
    /// <summary>The database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>Name of the destination.</summary>
    public required string Destination { get; init; }

    /// <summary>Number of archives known to be damaged there.</summary>
    public required int Damaged { get; init; }

    /// <summary>Number of archives that are missing there or shorter than written, and not acknowledged.</summary>
    public required int Missing { get; init; }

    /// <summary>When the first damaged archive was found; null if there is none.</summary>
    public DateTimeOffset? DamagedSince { get; init; }

    /// <summary>When the first missing archive was found; null if there is none.</summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>What is wrong with one of the damaged archives; null if there is none.</summary>
    public string? Example { get; init; }

    /// <summary>What is wrong with one of the missing archives; null if there is none.</summary>
    public string? MissingExample { get; init; }
}
