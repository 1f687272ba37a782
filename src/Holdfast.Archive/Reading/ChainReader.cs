using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;
using Holdfast.Archive.Remote;
using Holdfast.Archive.Tar;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>One restore point: an archive and those before it in its chain, read as one.</summary>
public sealed class ChainReader : IItemSource, IAsyncDisposable
{
    private readonly List<ArchiveReader> _newestFirst;
    private readonly Dictionary<string, ArchiveReader> _byId;
    private readonly int _workers;

    private ChainReader(List<ArchiveReader> newestFirst, int workers)
    {
        (_newestFirst, _workers) = (newestFirst, workers);
        _byId = newestFirst.ToDictionary(a => a.Header.Id, StringComparer.Ordinal);
        Items = [.. Point.Manifest.Items.Select(i => new ItemInfo(i.Name, i.Kind, i.Length, i.PageSize ?? 0))];
    }

    /// <summary>The archive of the restore point.</summary>
    public ArchiveReader Point => _newestFirst[0];

    /// <summary>The archive of the restore point and those that it builds on, newest first.</summary>
    public IReadOnlyList<ArchiveReader> Archives => _newestFirst;

    /// <inheritdoc/>
    public IReadOnlyList<ItemInfo> Items { get; }

    /// <summary>Joins a restore point with the archives before it, and takes ownership of all of them.</summary>
    /// <param name="point">The archive to restore.</param>
    /// <param name="others">Archives of the same chain, in any order; those that the point does not build on are ignored.</param>
    /// <param name="workers">Maximum number of frames in flight.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.ChainIncomplete"/> if an archive is missing.</exception>
    public static ChainReader Join(ArchiveReader point, IReadOnlyCollection<ArchiveReader> others, int workers)
    {
        var byId = others.ToLookup(a => a.Header.Id, StringComparer.Ordinal);
        var chain = new List<ArchiveReader> { point };
        while (chain[^1].Header.Parent is { } parent)
        {
            var older = byId[parent].FirstOrDefault()
                ?? throw new HoldfastException(
                    ErrorCatalog.ChainIncomplete,
                    $"'{chain[^1].Name}' builds on archive {parent}, which is not in its folder.",
                    "Put the missing file back, use the chain from another destination, or restore an older point."
                );
            if (
                older.Header.Chain != point.Header.Chain
                || older.Header.Database != point.Header.Database
                || chain.Exists(a => a.Header.Id == older.Header.Id)
            )
            {
                throw ArchiveFailure.Refused(older.Name, $"it does not belong to the chain of '{point.Name}'");
            }
            chain.Add(older);
        }

        var missing = point.Manifest.Archives.FirstOrDefault(id => chain.TrueForAll(a => a.Header.Id != id));
        if (missing is not null)
        {
            throw ArchiveFailure.Refused(point.Name, $"it refers to archive {missing}, which is not before it in its chain");
        }
        var rules = new ChainValidator();
        foreach (var archive in Enumerable.Reverse(chain))
        {
            rules.Add(archive);
        }
        return new(chain, workers);
    }

    /// <inheritdoc/>
    public async Task CopyStreamAsync(
        string name,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
    {
        var item = Item(name, ItemKind.Stream);
        await using var ahead = Point.Frames.IsRemote ? new ReadAhead(PlanReads(item), cancellationToken) : null;
        await using var checking = new OrderedWorkers<StoredPart, StoredPart>(
            _workers + 1,
            read =>
                Convert.ToBase64String(SHA256.HashData(read.Content.Span)) == read.Part.Sha256
                    ? read
                    : throw ArchiveFailure.Corrupt(
                        read.Archive.Name,
                        $"the hash of a part of {name} at offset {read.Part.Offset} of its tar stream does not match the manifest"
                    ),
            async (read, token) =>
            {
                using (read.Entry)
                {
                    await output(read.Content, token);
                }
            },
            cancellationToken
        );
        SetReadAhead(ahead);
        try
        {
            foreach (var part in item.Parts)
            {
                await checking.AddAsync(await ReadAsync(part, cancellationToken));
            }
            await checking.CompleteAsync();
        }
        finally
        {
            SetReadAhead(null);
        }
    }

    /// <inheritdoc/>
    public async Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken)
    {
        var item = Item(name, ItemKind.Image);
        target.SetLength(item.Length);
        var copy = new ImageAssembler(item, target, _workers);
        foreach (var archive in _newestFirst)
        {
            var archiveItem = archive.Manifest.Items.FirstOrDefault(i => i.Name == name && i.Kind == ItemKind.Image);
            if (archiveItem is not null && archiveItem.PageSize == item.PageSize)
            {
                await copy.CopyFromAsync(archive, archiveItem, cancellationToken);
            }
            if (copy.IsComplete)
            {
                break;
            }
        }

        await copy.VerifyAsync(Point.Name, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var archive in _newestFirst)
        {
            await archive.DisposeAsync();
        }
    }

    /// <summary>A part with its tar header and padding.</summary>
    private sealed record StoredPart(ManifestPart Part, ArchiveReader Archive, PooledBuffer Entry, int HeaderBytes)
    {
        public ReadOnlyMemory<byte> Content => Entry.Memory.Slice(HeaderBytes, (int)Part.Length);
    }

    // The part and what surrounds it are read as one, so that each frame is decompressed once.
    private async ValueTask<StoredPart> ReadAsync(ManifestPart part, CancellationToken cancellationToken)
    {
        var (archive, entry) = Locate(part);
        var header = ArchiveReader.HeaderBytesOf(entry);
        var length = header + (int)part.Length + TarFormat.Padding(part.Length);
        var bytes = new PooledBuffer(length) { Length = length };
        try
        {
            await archive.Frames.ReadAsync(entry.Offset - header, bytes.WritableMemory, cancellationToken);
            archive.CheckHeader(entry, bytes.Span[..header]);
            archive.CheckPadding(entry, bytes.Span[(header + (int)part.Length)..]);
            return new(part, archive, bytes, header);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    // Exactly the reads of ReadAsync, part by part: each archive keeps the frame that it decompressed last.
    private IEnumerable<PlannedRead> PlanReads(ManifestItem item)
    {
        var cached = _newestFirst.ToDictionary(a => a, _ => -1);
        foreach (var part in item.Parts)
        {
            var (archive, entry) = Locate(part);
            var header = ArchiveReader.HeaderBytesOf(entry);
            var length = header + part.Length + TarFormat.Padding(part.Length);
            var frame = cached[archive];
            foreach (var read in archive.Frames.PlanReads(entry.Offset - header, length, ref frame))
            {
                yield return read;
            }
            cached[archive] = frame;
        }
    }

    private (ArchiveReader Archive, LayoutEntry Entry) Locate(ManifestPart part)
    {
        var archive = _byId[Point.Manifest.Archives[part.Archive]];
        return (archive, archive.Layout.GetEntry(part));
    }

    private void SetReadAhead(ReadAhead? ahead)
    {
        foreach (var archive in _newestFirst)
        {
            archive.Frames.ReleaseCachedFrame(); // the plan does not know it
            archive.Frames.Ahead = ahead;
        }
    }

    private ManifestItem Item(string name, ItemKind kind) =>
        Point.Manifest.Items.FirstOrDefault(i => i.Name == name && i.Kind == kind)
        ?? throw new HoldfastException(ErrorCatalog.NotFound, $"'{Point.Name}' has no {kind} item '{name}'.");
}
