using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Reading;

/// <summary>Assembles an image from the archives of a chain, newest first, so that each page is written once.</summary>
internal sealed class ImageAssembler(ManifestItem item, IPageTarget target, int workers)
{
    private const int CheckBytes = 1 << 20;

    private readonly int _pageSize = item.PageSize!.Value;
    private readonly long _pages = item.Length / item.PageSize!.Value;
    private readonly PageMap _written = PageMap.Empty(item.Length / item.PageSize!.Value);
    private long _missing = item.Length / item.PageSize!.Value;
    private bool _checked;

    // The result of one frame: digests of its pages, or a tar header before pages.
    private readonly record struct Result(int Frame, byte[] Digests, byte[]? Header);

    /// <summary>Whether every page has been written.</summary>
    public bool IsComplete => _missing == 0;

    /// <summary>Copies the pages of one archive that no newer one had.</summary>
    public async Task CopyFromAsync(ArchiveReader archive, ManifestItem archiveItem, CancellationToken cancellationToken)
    {
        if (await archive.ReadPageMapAsync(archiveItem, cancellationToken) is { } map)
        {
            await CopyChangedAsync(archive, archiveItem, map, cancellationToken);
        }
        else
        {
            await CopyFullAsync(archive, archiveItem, cancellationToken);
        }
    }

    /// <summary>Verifies the hash of the image; an image from several archives is read back for that.</summary>
    public async Task VerifyAsync(string file, CancellationToken cancellationToken)
    {
        if (!IsComplete)
        {
            throw ArchiveFailure.Refused(file, $"{_missing} pages of {item.Name} are in no archive of its chain");
        }
        if (_checked)
        {
            return;
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (
            var hashing = new OrderedWorkers<(long Offset, int Length), byte[]>(
                workers + 1,
                run =>
                {
                    using var bytes = new PooledBuffer(run.Length) { Length = run.Length };
                    target.Read(run.Offset, bytes.Span);
                    return Digests(bytes.Span);
                },
                (digests, _) =>
                {
                    hash.AppendData(digests);
                    return ValueTask.CompletedTask;
                },
                cancellationToken
            )
        )
        {
            for (long at = 0; at < item.Length; at += CheckBytes)
            {
                await hashing.AddAsync((at, (int)Math.Min(CheckBytes, item.Length - at)));
            }
            await hashing.CompleteAsync();
        }

        if (Convert.ToBase64String(hash.GetHashAndReset()) != item.Sha256)
        {
            throw WrongHash(file);
        }
    }

    // All pages in order; hashed on the way if no newer archive had any.
    private async Task CopyFullAsync(ArchiveReader archive, ManifestItem archiveItem, CancellationToken cancellationToken)
    {
        if (archiveItem.Parts.Count == 0)
        {
            return;
        }
        var alone = _missing == _pages && archiveItem.Length == item.Length;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var part = archiveItem.Parts[0];
        var headers = new EntryHeaders(archive);
        var before = headers.Add(part);
        await archive.Frames.ForEachAsync(
            before.Concat(FramesOf(archive, part).Where(f => HasMissing(archive, part, f))),
            workers,
            (frame, content) =>
            {
                if (headers.Find(frame, content) is { } header)
                {
                    return new Result(frame, [], header);
                }
                var first = archive.Frames.Table.Content(frame).Offset - part.Offset;
                if (alone)
                {
                    target.Write(first, content);
                    return new Result(frame, Digests(content), null);
                }

                for (var at = 0; at < content.Length; at += _pageSize)
                {
                    var page = (first + at) / _pageSize;
                    if (page < _pages && !_written[page])
                    {
                        target.Write(first + at, content.Slice(at, _pageSize));
                    }
                }

                return new Result(frame, [], null);
            },
            (done, _) =>
            {
                if (done.Header is { } header)
                {
                    headers.Check(done.Frame, header);
                }
                hash.AppendData(done.Digests);
                return ValueTask.CompletedTask;
            },
            cancellationToken
        );
        var covered = Math.Min(_pages, archiveItem.Length / _pageSize);
        if (alone)
        {
            if (Convert.ToBase64String(hash.GetHashAndReset()) != item.Sha256)
            {
                throw WrongHash(archive.Name);
            }
            (_missing, _checked) = (0, true);
            return;
        }

        for (long page = 0; page < covered; page++)
        {
            Mark(page);
        }
    }

    private async Task CopyChangedAsync(ArchiveReader archive, ManifestItem archiveItem, PageMap map, CancellationToken cancellationToken)
    {
        // The map alone gives the number of each stored page, so frames can be processed in any order.
        var headers = new EntryHeaders(archive);
        var frames = new List<int>();
        var runs = new Dictionary<int, (ManifestPart Part, long[] Pages, bool EndsPart)>();
        using (var pages = map.Pages().GetEnumerator())
        {
            foreach (var part in archiveItem.Parts)
            {
                frames.AddRange(headers.Add(part));
                foreach (var frame in FramesOf(archive, part))
                {
                    var (offset, length) = archive.Frames.Table.Content(frame);
                    var numbers = new long[length / _pageSize];
                    for (var i = 0; i < numbers.Length; i++)
                    {
                        numbers[i] = pages.MoveNext() ? pages.Current : throw new InvalidOperationException("A page map was miscounted.");
                    }
                    runs.Add(frame, (part, numbers, offset + length == part.Offset + part.Length)); // no byte occurs twice
                    frames.Add(frame);
                }
            }
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await archive.Frames.ForEachAsync(
            frames,
            workers,
            (frame, content) =>
            {
                if (headers.Find(frame, content) is { } header)
                {
                    return new Result(frame, [], header);
                }
                var numbers = runs[frame].Pages;
                for (var i = 0; i < numbers.Length; i++)
                {
                    if (numbers[i] < _pages && !_written[numbers[i]])
                    {
                        target.Write(numbers[i] * _pageSize, content.Slice(i * _pageSize, _pageSize));
                    }
                }

                return new Result(frame, Digests(content), null);
            },
            (done, _) =>
            {
                if (done.Header is { } header)
                {
                    headers.Check(done.Frame, header);
                    return ValueTask.CompletedTask;
                }
                var (part, numbers, endsPart) = runs[done.Frame];
                hash.AppendData(done.Digests);
                if (endsPart && Convert.ToBase64String(hash.GetHashAndReset()) != part.Sha256)
                {
                    throw ArchiveFailure.Corrupt(
                        archive.Name,
                        $"the hash of pages of {item.Name} at offset {part.Offset} of its tar stream does not match the manifest"
                    );
                }
                foreach (var page in numbers)
                {
                    Mark(page);
                }
                return ValueTask.CompletedTask;
            },
            cancellationToken
        );
    }

    private void Mark(long page)
    {
        if (page >= _pages || _written[page])
        {
            return;
        }
        _written.Set(page);
        _missing--;
    }

    private bool HasMissing(ArchiveReader archive, ManifestPart part, int frame)
    {
        var (offset, length) = archive.Frames.Table.Content(frame);
        var first = (offset - part.Offset) / _pageSize;
        for (var page = first; page < Math.Min(_pages, first + (length / _pageSize)); page++)
        {
            if (!_written[page])
            {
                return true;
            }
        }
        return false;
    }

    // The format requires that page data fills whole frames and frames contain whole pages, so that they can be read in parallel.
    private IEnumerable<int> FramesOf(ArchiveReader archive, ManifestPart part)
    {
        var table = archive.Frames.Table;
        var frame = table.FrameAt(part.Offset);
        for (var at = part.Offset; at < part.Offset + part.Length; frame++)
        {
            var (offset, length) = table.Content(frame);
            if (offset != at || length % _pageSize != 0 || at + length > part.Offset + part.Length)
            {
                throw ArchiveFailure.Refused(archive.Name, $"pages at offset {part.Offset} of its tar stream do not fill whole frames");
            }
            at += length;
            yield return frame;
        }
    }

    private byte[] Digests(ReadOnlySpan<byte> pages)
    {
        var digests = new byte[pages.Length / _pageSize * PageHash.DigestBytes];
        PageHash.ComputeDigests(pages, _pageSize, digests);
        return digests;
    }

    private Core.Errors.HoldfastException WrongHash(string file) =>
        ArchiveFailure.Corrupt(file, $"the hash of {item.Name} does not match its manifest");
}
