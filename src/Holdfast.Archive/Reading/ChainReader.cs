using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;
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
        await using var checking = new OrderedWorkers<(ManifestPart Part, ArchiveReader Archive, PooledBuffer Bytes), PooledBuffer>(
            _workers + 1,
            read =>
            {
                if (Convert.ToBase64String(SHA256.HashData(read.Bytes.Span)) == read.Part.Sha256)
                {
                    return read.Bytes;
                }
                throw ArchiveFailure.Corrupt(
                    read.Archive.Name,
                    $"the hash of a part of {name} at offset {read.Part.Offset} of its tar stream does not match the manifest"
                );
            },
            async (bytes, token) =>
            {
                using (bytes)
                {
                    await output(bytes.Memory, token);
                }
            },
            cancellationToken
        );
        foreach (var part in item.Parts)
        {
            var archive = _byId[Point.Manifest.Archives[part.Archive]];
            await archive.CheckFrameOfAsync(archive.Layout.GetEntry(part), cancellationToken);
            var bytes = new PooledBuffer((int)part.Length) { Length = (int)part.Length };
            await archive.Frames.ReadAsync(part.Offset, bytes.WritableMemory, cancellationToken);
            await checking.AddAsync((part, archive, bytes));
        }

        await checking.CompleteAsync();
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

    private ManifestItem Item(string name, ItemKind kind) =>
        Point.Manifest.Items.FirstOrDefault(i => i.Name == name && i.Kind == kind)
        ?? throw new HoldfastException(ErrorCatalog.NotFound, $"'{Point.Name}' has no {kind} item '{name}'.");
}
