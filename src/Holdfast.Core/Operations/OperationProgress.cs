namespace Holdfast.Core.Operations;

/// <summary>Progress of an operation.</summary>
public sealed record OperationProgress
{
    /// <summary>Estimated bytes to read; 0 while unknown.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Bytes of the database read so far, or written by a restore.</summary>
    public long DoneBytes { get; init; }

    /// <summary>Number of items completed.</summary>
    public int Items { get; init; }

    /// <summary>Bytes of the archive stored so far, by destination name.</summary>
    public IReadOnlyDictionary<string, long> StoredBytes { get; init; } = new Dictionary<string, long>();

    /// <summary>How far a running backup is at each destination, by name; empty before it writes.</summary>
    public IReadOnlyDictionary<string, OutputState> Outputs { get; init; } = new Dictionary<string, OutputState>();
}
