using Holdfast.Archive.Age;

namespace Holdfast.Archive.Writing;

/// <summary>Where the bytes of an archive and of its index go, and what they are encrypted with.</summary>
public sealed record ArchiveOutputs
{
    /// <summary>Gets the archive's bytes, in order.</summary>
    public required Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Archive { get; init; }

    /// <summary>Gets the index's bytes, in order.</summary>
    public required Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Index { get; init; }

    /// <summary>Encrypts the archive; null leaves it in clear.</summary>
    public AgeProtection? ArchiveProtection { get; init; }

    /// <summary>
    /// Encrypts the index: to the archive's recipients and the keys of all nodes. Null exactly where the archive is in
    /// clear.
    /// </summary>
    public AgeProtection? IndexProtection { get; init; }

    /// <summary>Says with what the chain is encrypted, without telling it; see <see cref="Index.IndexHeader.Protection"/>.</summary>
    public required string ProtectionId { get; init; }
}
