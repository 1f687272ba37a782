namespace Holdfast.Core.Databases;

/// <summary>What one node knows about a database from its own discovery, as stored per node. Only that node writes it.</summary>
public sealed record NodeDatabaseRecord
{
    /// <summary>When the node's discovery found that the database was dropped; null while it exists there.</summary>
    public DateTimeOffset? Dropped { get; init; }

    /// <summary>Whether an operator has confirmed the drop on this node, or has removed the source.</summary>
    public bool IsDropConfirmed { get; init; }

    /// <summary>Since when the database is missing on this node; null while it exists there or after it was dropped.</summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>The database that it was probably renamed to; null if it was not renamed.</summary>
    public DatabaseId? RenamedTo { get; init; }

    /// <summary>Size on disk, in bytes. Updated only when another property changes.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Whether it is encrypted: <c>No</c>, <c>Yes</c>, or <c>Maybe</c>.</summary>
    public string Encryption { get; init; } = "No";

    /// <summary>Identity that survives renames of the database; null if the engine has none. For SQLite, a file of this node.</summary>
    public string? Identity { get; init; }

    /// <summary>Why the node cannot read it; null if it can.</summary>
    public Operations.OperationError? Problem { get; init; }

    /// <summary>The part of a record that belongs to the node.</summary>
    public static NodeDatabaseRecord From(DatabaseRecord record) =>
        new()
        {
            Dropped = record.Dropped,
            IsDropConfirmed = record.IsDropConfirmed,
            MissingSince = record.MissingSince,
            RenamedTo = record.RenamedTo,
            SizeBytes = record.SizeBytes,
            Encryption = record.Encryption,
            Identity = record.Identity,
            Problem = record.Problem,
        };
}
