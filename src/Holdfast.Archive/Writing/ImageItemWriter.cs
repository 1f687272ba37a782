using System.Globalization;
using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Frames;
using Holdfast.Archive.Index;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Writing;

/// <summary>Writes one page image: all pages in a full archive, otherwise the pages that the chain does not contain.</summary>
internal sealed class ImageItemWriter(
    string name,
    IPageImage image,
    FrameWriter frames,
    TarWriter tar,
    IndexWriter index,
    Tagger tagger,
    ChainIndex? chain
)
{
    private readonly int _pagesPerRun = FrameWriter.FrameBytes / image.PageSize;
    private readonly byte[] _knownTags = new byte[FrameWriter.FrameBytes / image.PageSize * Tagger.TagBytes];
    private readonly bool[] _known = new bool[FrameWriter.FrameBytes / image.PageSize];
    private readonly byte[] _map = chain is null ? [] : new byte[(image.PageCount + 7) / 8];
    private readonly List<ManifestPart> _parts = [];
    private readonly IncrementalHash _imageHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _runDigests = new byte[FrameWriter.FrameBytes / image.PageSize * PageHash.DigestBytes];
    private readonly long _item = IndexFormat.ItemId(name);
    private KnownPages? _knownPages;
    private PooledBuffer? _run; // changed pages for the next pages file

    private sealed record Hashed(long FirstPage, PooledBuffer Pages, byte[] Digests, byte[] Tags);

    public async Task<ManifestItem> WriteAsync(int workers, CancellationToken cancellationToken)
    {
        var length = image.PageCount * image.PageSize;
        long offset = 0;
        if (chain is null)
        {
            offset = await tar.BeginPagesAsync(name, length);
        }
        await using var knownPages = _knownPages = chain?.GetPages(name, cancellationToken);
        await using (
            var hashing = new OrderedWorkers<(long, PooledBuffer), Hashed>(
                workers + 1,
                run => Hash(run.Item1, run.Item2),
                StoreAsync,
                cancellationToken
            )
        )
        {
            for (long page = 0; page < image.PageCount; page += _pagesPerRun)
            {
                var bytes = (int)Math.Min(_pagesPerRun, image.PageCount - page) * image.PageSize;
                var run = new PooledBuffer(bytes) { Length = bytes };
                image.Read(page, run.Span);
                await hashing.AddAsync((page, run));
            }

            await hashing.CompleteAsync();
        }

        var item = new ManifestItem
        {
            Name = name,
            Kind = ItemKind.Image,
            Length = length,
            PageSize = image.PageSize,
            Sha256 = Convert.ToBase64String(_imageHash.GetHashAndReset()),
            Parts = _parts,
        };
        _imageHash.Dispose();
        if (chain is null)
        {
            if (length > 0)
            {
                _parts.Add(new(length, item.Sha256, 0, offset));
            }
            return item;
        }

        await EndRunAsync();
        if (_map.Length == 0)
        {
            return item;
        }
        var mapOffset = await tar.AddAsync($"{name}.pagemap", _map);
        return item with { PageMap = new(_map.Length, Convert.ToBase64String(SHA256.HashData(_map)), 0, mapOffset) };
    }

    private Hashed Hash(long firstPage, PooledBuffer pages)
    {
        var count = pages.Length / image.PageSize;
        var hashed = new Hashed(firstPage, pages, new byte[count * PageHash.DigestBytes], new byte[count * Tagger.TagBytes]);
        PageHash.ComputeDigests(pages.Span, image.PageSize, hashed.Digests);
        tagger.ComputeTags(hashed.Digests, hashed.Tags);
        return hashed;
    }

    private async ValueTask StoreAsync(Hashed run, CancellationToken cancellationToken)
    {
        _imageHash.AppendData(run.Digests);
        if (chain is null)
        {
            await index.AddPagesAsync(_item, image.PageSize, run.FirstPage, run.Tags, cancellationToken);
            await frames.WriteFrameAsync(run.Pages, image.IsIncompressible);
            return;
        }

        using var pages = run.Pages;
        var count = pages.Length / image.PageSize;
        await _knownPages!.FindAsync(image.PageSize, run.FirstPage, _knownTags.AsMemory(0, run.Tags.Length), _known.AsMemory(0, count));
        for (var i = 0; i < count; i++)
        {
            var tag = run.Tags.AsMemory(i * Tagger.TagBytes, Tagger.TagBytes);
            if (_known[i] && tag.Span.SequenceEqual(_knownTags.AsSpan(i * Tagger.TagBytes, Tagger.TagBytes)))
            {
                continue;
            }
            var page = run.FirstPage + i;
            _map[page / 8] |= (byte)(1 << (int)(page % 8));
            await index.AddPagesAsync(_item, image.PageSize, page, tag, cancellationToken);
            await AddToRunAsync(pages, i, run.Digests);
        }
    }

    private async ValueTask AddToRunAsync(PooledBuffer pages, int i, byte[] digests)
    {
        if (_run is not null && _run.Free.Length < image.PageSize)
        {
            await EndRunAsync();
        }
        _run ??= new PooledBuffer((int)Math.Min(_pagesPerRun, image.PageCount) * image.PageSize);
        pages.Span.Slice(i * image.PageSize, image.PageSize).CopyTo(_run.Free);
        digests
            .AsSpan(i * PageHash.DigestBytes, PageHash.DigestBytes)
            .CopyTo(_runDigests.AsSpan(_run.Length / image.PageSize * PageHash.DigestBytes));
        _run.Length += image.PageSize;
    }

    private async ValueTask EndRunAsync()
    {
        if (_run is null)
        {
            return;
        }
        var (run, number) = (_run, _parts.Count + 1);
        _run = null;
        var offset = await tar.BeginPagesAsync(string.Create(CultureInfo.InvariantCulture, $"{name}.pages.{number:D6}"), run.Length);
        _parts.Add(new(run.Length, PageHash.Compute(_runDigests.AsSpan(0, run.Length / image.PageSize * PageHash.DigestBytes)), 0, offset));
        await frames.WriteFrameAsync(run, image.IsIncompressible);
    }
}
