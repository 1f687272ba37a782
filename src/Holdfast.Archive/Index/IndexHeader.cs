using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Index;

/// <summary>The first block of an index file: its archive, and the facts that decide whether the next backup can build on it.</summary>
public sealed record IndexHeader
{
    /// <summary>Version of the format.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Id of the archive of the index.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the chain.</summary>
    public required string Chain { get; init; }

    /// <summary>Id of the archive before it in the chain; null for a full one.</summary>
    public string? Parent { get; init; }

    /// <summary>The database, as <c>source/name</c>.</summary>
    public required string Database { get; init; }

    /// <summary>Type of the chain.</summary>
    public required BackupType Type { get; init; }

    /// <summary>When the backup's view was opened, UTC.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>Key of the chain's tags: 32 random bytes, in Base64. The same in every index of a chain.</summary>
    public required string ChainKey { get; init; }

    /// <summary>Mean size of a stream's parts in this chain, in bytes: a power of two, 64 KiB to 16 MiB.</summary>
    public required int PartMean { get; init; }

    /// <summary>
    /// Identifies the keys that the chain's archives are encrypted with, without revealing them: a different value means other keys, and
    /// the next backup is full.
    /// </summary>
    public required string Protection { get; init; }

    /// <summary>The engine's token for the contents of this point; null if it has none.</summary>
    public string? ChangeToken { get; init; }
}
