using System.Buffers.Binary;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;

namespace Holdfast.Archive.Index;

/// <summary>
/// The contents of a chain, as the baseline for the next incremental: the indexes of all its archives, merged as streams; newer entries
/// take precedence.
/// </summary>
public sealed class ChainIndex : IAsyncDisposable
{
    private readonly List<IndexReader> _oldestFirst;
    private readonly Dictionary<UInt128, KnownPart> _parts = [];

    private ChainIndex(List<IndexReader> oldestFirst) => _oldestFirst = oldestFirst;

    /// <summary>Header of the newest index: the archive that the next one builds on.</summary>
    public IndexHeader Newest => _oldestFirst[^1].Header;

    /// <summary>Headers of all indexes, starting with the full archive.</summary>
    public IEnumerable<IndexHeader> Headers => _oldestFirst.Select(i => i.Header);

    /// <summary>Bytes of streams in the chain's archives according to their indexes; never more than the archives contain.</summary>
    internal long KnownBytes { get; private set; }

    internal byte[] ContentTag => _oldestFirst[^1].ContentTag;

    /// <summary>
    /// Opens the indexes of one chain, given in any order, and takes ownership of the sources. They are ordered by parent ids.
    /// </summary>
    /// <exception cref="Core.Errors.HoldfastException">
    /// One is missing, damaged or cannot be read with <paramref name="keys"/>: the next backup must be full.
    /// </exception>
    public static async Task<ChainIndex> OpenAsync(IReadOnlyList<IByteSource> sources, AgeKeys keys, CancellationToken cancellationToken)
    {
        var readers = new List<IndexReader>(sources.Count);
        try
        {
            foreach (var source in sources)
            {
                readers.Add(await IndexReader.OpenAsync(source, keys, cancellationToken));
            }
            var index = new ChainIndex(Order(readers, sources[0].Name));
            if (index.Newest.Type == Core.Tasks.BackupType.Backup)
            {
                await index.ReadPartsAsync(cancellationToken); // images have no parts
            }
            return index;
        }
        catch
        {
            foreach (var reader in readers)
            {
                await reader.DisposeAsync();
            }
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _oldestFirst)
        {
            await reader.DisposeAsync();
        }
    }

    internal KnownPart? FindPart(ReadOnlySpan<byte> tag) => _parts.TryGetValue(Key(tag), out var part) ? part : null;

    /// <summary>Returns the known pages of one item.</summary>
    internal KnownPages GetPages(string item, CancellationToken cancellationToken) =>
        new([.. _oldestFirst.Select(i => new PageTags(i, IndexFormat.ItemId(item), cancellationToken))]);

    private static List<IndexReader> Order(List<IndexReader> readers, string name)
    {
        var byParent = readers.ToLookup(r => r.Header.Parent ?? "");
        var ordered = new List<IndexReader>(readers.Count);
        for (var next = byParent[""].ToList(); next.Count > 0; next = [.. byParent[next[0].Header.Id]])
        {
            if (next.Count > 1)
            {
                throw ArchiveFailure.Corrupt(name, $"two archives build on '{next[0].Header.Parent}'");
            }
            ordered.Add(next[0]);
            if (ordered.Count > readers.Count)
            {
                break;
            }
        }

        if (ordered.Count != readers.Count || ordered.Exists(r => r.Header.Chain != ordered[0].Header.Id))
        {
            throw ArchiveFailure.Corrupt(name, $"{ordered.Count} of {readers.Count} indexes follow from the full archive");
        }
        var first = ordered[0].Header;
        if (
            ordered.Exists(r =>
                r.Header.ChainKey != first.ChainKey
                || r.Header.PartMean != first.PartMean
                || r.Header.Database != first.Database
                || r.Header.Type != first.Type
            )
        )
        {
            throw ArchiveFailure.Corrupt(name, "the indexes of the chain are inconsistent");
        }
        return ordered;
    }

    private async Task ReadPartsAsync(CancellationToken cancellationToken)
    {
        foreach (var index in _oldestFirst)
        {
            await foreach (var block in index.BlocksAsync(IndexFormat.Block.Parts, cancellationToken))
            {
                for (var at = 0; at + IndexFormat.PartBytes <= block.Length; at += IndexFormat.PartBytes)
                {
                    var part = block.AsSpan(at, IndexFormat.PartBytes);
                    var known = new KnownPart(
                        index.Header.Id,
                        BinaryPrimitives.ReadInt32LittleEndian(part[16..]),
                        BinaryPrimitives.ReadInt64LittleEndian(part[20..])
                    );
                    _parts[Key(part)] = known;
                    KnownBytes += known.Length;
                }
            }
        }
    }

    private static UInt128 Key(ReadOnlySpan<byte> tag) => BinaryPrimitives.ReadUInt128LittleEndian(tag);

    internal readonly record struct KnownPart(string Archive, int Length, long Offset);
}
