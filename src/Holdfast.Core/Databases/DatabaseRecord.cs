namespace Holdfast.Core.Databases;

/// <summary>
/// A database that was discovered, with what all nodes share about it (<see cref="SharedDatabaseRecord"/>) and what one node knows
/// (<see cref="NodeDatabaseRecord"/>). Both are stored, so a database that disappears stays visible.
/// </summary>
public sealed record DatabaseRecord
{
    /// <summary>Its id.</summary>
    public required DatabaseId Id { get; init; }

    /// <summary>Name of its engine.</summary>
    public required string Engine { get; init; }

    /// <summary>When any node first discovered it.</summary>
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

    /// <summary>Combines what all nodes share with what one node knows.</summary>
    /// <param name="shared">What all nodes share.</param>
    /// <param name="ofNode">What the node knows; null if it has not discovered the database yet.</param>
    public static DatabaseRecord Combine(SharedDatabaseRecord shared, NodeDatabaseRecord? ofNode)
    {
        ofNode ??= new();
        return new()
        {
            Id = shared.Id,
            Engine = shared.Engine,
            FirstSeen = shared.FirstSeen,
            Dropped = ofNode.Dropped,
            IsDropConfirmed = ofNode.IsDropConfirmed,
            MissingSince = ofNode.MissingSince,
            RenamedTo = ofNode.RenamedTo,
            SizeBytes = ofNode.SizeBytes,
            Encryption = ofNode.Encryption,
            Identity = ofNode.Identity,
            Problem = ofNode.Problem,
        };
    }
}
