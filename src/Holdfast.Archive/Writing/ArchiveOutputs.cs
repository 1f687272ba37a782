using Holdfast.Archive.Age;

namespace Holdfast.Archive.Writing;

/// <summary>Outputs of an archive and its index, and their encryption.</summary>
public sealed record ArchiveOutputs
{
    /// <summary>Receives the bytes of the archive, in order.</summary>
    public required Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Archive { get; init; }

    /// <summary>Receives the bytes of the index, in order.</summary>
    public required Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Index { get; init; }

    /// <summary>Encryption of the archive; null for none.</summary>
    public AgeProtection? ArchiveProtection { get; init; }

    /// <summary>
    /// Encryption of the index: to the archive's recipients and the keys of all nodes. Null if and only if the archive is not encrypted.
    /// </summary>
    public AgeProtection? IndexProtection { get; init; }

    /// <summary>
    /// Identifies the keys that the chain is encrypted with, without revealing them; see <see cref="Index.IndexHeader.Protection"/>.
    /// </summary>
    public required string ProtectionId { get; init; }
}
