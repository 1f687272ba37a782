namespace Holdfast.Core.Databases;

/// <summary>A discovered database. Stored, so a database that disappears stays visible.</summary>
public sealed record DatabaseRecord
{
    /// <summary>Its id.</summary>
    public required DatabaseId Id { get; init; }

    /// <summary>Name of its engine.</summary>
    public required string Engine { get; init; }

    /// <summary>When it was first discovered.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>When discovery found that it was dropped; null while it exists. Its backups are kept.</summary>
    public DateTimeOffset? Dropped { get; init; }

    /// <summary>
    /// Whether an operator has confirmed the drop, or has removed the source. A confirmed drop no longer counts as a loss of the source.
    /// </summary>
    public bool IsDropConfirmed { get; init; }

    /// <summary>
    /// Since when it is missing, while its source has lost so many databases within a day that an operator has to confirm it; null while it
    /// exists or after it was dropped. Its tasks and their slots are kept.
    /// </summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>The database that it was probably renamed to: one that appeared when this one disappeared.</summary>
    public DatabaseId? RenamedTo { get; init; }

    /// <summary>Size on disk, in bytes. The stored value is updated only when another property changes.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Whether it is encrypted: <c>No</c>, <c>Yes</c>, or <c>Maybe</c>.</summary>
    public string Encryption { get; init; } = "No";

    /// <summary>Identity that survives renames of the database; null if the engine has none.</summary>
    public string? Identity { get; init; }

    /// <summary>Why it cannot be read; null if it can.</summary>
    public Operations.OperationError? Problem { get; init; }
}
