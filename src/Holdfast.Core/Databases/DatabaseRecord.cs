namespace Holdfast.Core.Databases;

/// <summary>A database as discovery knows it; stored, so that one that went away stays visible.</summary>
public sealed record DatabaseRecord
{
    /// <summary>Its id.</summary>
    public required DatabaseId Id { get; init; }

    /// <summary>Name of its engine.</summary>
    public required string Engine { get; init; }

    /// <summary>When it was discovered first.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>When it was found to be gone; null while it is there. Its backups stay.</summary>
    public DateTimeOffset? Dropped { get; init; }

    /// <summary>
    /// Whether an operator has confirmed that it was dropped, or has removed its source: then its loss says nothing
    /// against the source any more.
    /// </summary>
    public bool IsDropConfirmed { get; init; }

    /// <summary>
    /// Since when it is not to be found while its source has lost so many databases within a day that an operator has
    /// to confirm it; null while it is there,
    /// or was dropped. Its tasks and their slots stay.
    /// </summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>The database that it seems to have been renamed to, if it went away as that one came.</summary>
    public DatabaseId? RenamedTo { get; init; }

    /// <summary>Bytes on disk. The value that is stored is that of the last change of anything else.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Whether it is encrypted: <c>No</c>, <c>Yes</c>, or <c>Maybe</c>.</summary>
    public string Encryption { get; init; } = "No";

    /// <summary>Stays the same when the database is renamed, where the engine can tell; null where it cannot.</summary>
    public string? Identity { get; init; }

    /// <summary>Why it cannot be read; null where it can.</summary>
    public Operations.OperationError? Problem { get; init; }
}
