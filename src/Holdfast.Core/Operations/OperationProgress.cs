namespace Holdfast.Core.Operations;

/// <summary>How far an operation is.</summary>
public sealed record OperationProgress
{
    /// <summary>Bytes that will have to be read, roughly; 0 while that is not known.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Bytes of the database that have been read, or written by a restore.</summary>
    public long DoneBytes { get; init; }

    /// <summary>Items that are done.</summary>
    public int Items { get; init; }

    /// <summary>Bytes of the archive that each destination has taken, by its name.</summary>
    public IReadOnlyDictionary<string, long> StoredBytes { get; init; } = new Dictionary<string, long>();
}
