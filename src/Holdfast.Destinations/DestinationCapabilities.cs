namespace Holdfast.Destinations;

/// <summary>
/// What a destination can do. A driver states what its protocol promises; the test of a destination refines it, because stores that speak
/// one protocol differ.
/// </summary>
public sealed record DestinationCapabilities
{
    /// <summary>
    /// Whether of two nodes that publish a small file under one name at once, exactly one succeeds. Without, only the node whose tag is in
    /// the name of a chain's folder may write into it.
    /// </summary>
    public bool ConditionalPut { get; init; }

    /// <summary>Whether the same holds for a file that is uploaded in parts.</summary>
    public bool ConditionalComplete { get; init; }

    /// <summary>Whether several files can be deleted by one request.</summary>
    public bool BatchDelete { get; init; }

    /// <summary>Whether all files below a folder can be listed by one request for each page.</summary>
    public bool RecursiveList { get; init; }

    /// <summary>Whether uploads that were never completed can be listed.</summary>
    public bool ListsUnfinished { get; init; }

    /// <summary>Whether all parts of an upload but the last must have the same length.</summary>
    public bool EqualParts { get; init; }

    /// <summary>Maximum number of parts of an upload; null if uploads have no parts.</summary>
    public int? MaxParts { get; init; }

    /// <summary>Maximum size of a file, in bytes; null if unknown.</summary>
    public long? MaxFileBytes { get; init; }

    /// <summary>
    /// Whether each call is a request to another machine, which takes time and may cost money. What the node knows already is not
    /// asked again then.
    /// </summary>
    public bool IsRemote { get; init; }

    /// <summary>Whether files can be locked against deletion until a given time.</summary>
    public bool Locks { get; init; }

    /// <summary>Storage classes whose files must be brought back before they can be read.</summary>
    public IReadOnlyList<string> ColdClasses { get; init; } = [];

    /// <summary>Whether a published file is known to be on stable storage; otherwise the protocol cannot promise it.</summary>
    public bool Durable { get; init; }

    /// <inheritdoc/>
    public bool Equals(DestinationCapabilities? other) =>
        other is not null && ColdClasses.SequenceEqual(other.ColdClasses) && Scalars == other.Scalars;

    /// <inheritdoc/>
    public override int GetHashCode() => Scalars.GetHashCode();

    private (bool, bool, bool, bool, bool, bool, int?, long?, bool, bool, bool) Scalars =>
        (
            ConditionalPut,
            ConditionalComplete,
            BatchDelete,
            RecursiveList,
            ListsUnfinished,
            EqualParts,
            MaxParts,
            MaxFileBytes,
            IsRemote,
            Locks,
            Durable
        );
}
