using System.Security.Cryptography;
using Holdfast.Archive.Format;
using Holdfast.Archive.Tar;

namespace Holdfast.Archive.Reading;

/// <summary>
/// Verifies a tar stream sequentially: it must contain exactly the entries of the manifest, with their hashes, and nothing else.
/// </summary>
internal sealed class TarVerifier : IDisposable
{
    private readonly ArchiveReader _archive;
    private readonly List<LayoutEntry> _expected;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _header = new byte[3 * TarFormat.Block];
    private int _headerBytes;
    private int _next; // index of the current or next entry
    private long _position;
    private long _contentLeft;
    private int _zerosLeft; // of padding, or of the end of the stream
    private readonly Dictionary<long, (PointStreamVerifier Point, int Part)> _parts = []; // by offset
    private (PointStreamVerifier Point, int Part)? _currentPart;
    private PointStreamVerifier? _currentConsumer; // receives the bytes of the current part
    private bool _inEnd;

    /// <summary>Creates a verifier.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="points">Checks of streams with parts in the archive.</param>
    public TarVerifier(ArchiveReader archive, IReadOnlyList<(ManifestItem Item, PointStreamVerifier Point)> points)
    {
        _archive = archive;
        foreach (var (item, point) in points)
        {
            for (var i = 0; i < item.Parts.Count; i++)
            {
                if (item.Parts[i].Archive == 0)
                {
                    _parts[item.Parts[i].Offset] = (point, i);
                }
            }
        }

        _expected = [.. archive.Layout.Entries];
        _expected.Add(new("index.json", -1, null, 0, -1));
    }

    /// <summary>
    /// Computes the digests of the pages in one frame, if it contains pages according to the manifest. Called ahead of time, on any thread.
    /// </summary>
    public byte[]? PageDigests(long offset, ReadOnlySpan<byte> content)
    {
        var (low, high) = (0, _expected.Count - 3); // the last entry that starts at or before the frame
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_expected[middle].Offset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        var entry = _expected[low];
        if (
            entry.PageSize == 0
            || offset < entry.Offset
            || offset + content.Length > entry.Offset + entry.Length
            || content.Length % entry.PageSize != 0
            || (offset - entry.Offset) % entry.PageSize != 0
        )
        {
            return null;
        }
        var digests = new byte[content.Length / entry.PageSize * PageHash.DigestBytes];
        PageHash.ComputeDigests(content, entry.PageSize, digests);
        return digests;
    }

    /// <summary>Processes the content of the next frame.</summary>
    public async ValueTask ProcessAsync(ReadOnlyMemory<byte> content, byte[]? digests, CancellationToken cancellationToken)
    {
        if (digests is not null && _contentLeft >= content.Length)
        {
            _hash.AppendData(digests);
            _contentLeft -= content.Length;
            _position += content.Length;
            if (_contentLeft == 0)
            {
                EndContent();
            }
            return;
        }

        while (!content.IsEmpty)
        {
            if (_currentPart is { } begun)
            {
                _currentPart = null;
                if (await begun.Point.AdvanceToPartAsync(begun.Part, cancellationToken))
                {
                    _currentConsumer = begun.Point;
                }
            }

            var count =
                _contentLeft > 0 ? ProcessContent(content.Span)
                : _zerosLeft > 0 ? ProcessZeros(content.Span)
                : ProcessHeader(content.Span);
            content = content[count..];
            _position += count;
        }
    }

    /// <summary>Checks that the stream is complete.</summary>
    public void Complete()
    {
        if (!_inEnd || _zerosLeft > 0 || _next != _expected.Count)
        {
            throw ArchiveFailure.Truncated(_archive.Name, "its tar stream has no end");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private int ProcessHeader(ReadOnlySpan<byte> content)
    {
        var wanted = _headerBytes < TarFormat.Block || _header[156] != (byte)'x' ? TarFormat.Block : _header.Length;
        var count = Math.Min(wanted - _headerBytes, content.Length);
        content[..count].CopyTo(_header.AsSpan(_headerBytes));
        _headerBytes += count;
        if (_headerBytes < wanted || (wanted == TarFormat.Block && _header[156] == (byte)'x'))
        {
            return count;
        }
        Begin(TarFormat.Parse(_header.AsSpan(0, _headerBytes), _archive.Name, _position + count - _headerBytes), _position + count);
        _headerBytes = 0;
        return count;
    }

    private void Begin(TarEntry? entry, long contentAt)
    {
        if (entry is null)
        {
            (_inEnd, _zerosLeft) = (true, TarFormat.Block);
            return;
        }

        if (_inEnd)
        {
            throw ArchiveFailure.Refused(_archive.Name, $"entry '{entry.Value.Name}' is after the end of the tar stream");
        }
        // An empty image has no parts, only an entry.
        if (entry.Value.Length == 0 && _archive.Manifest.Items.Any(i => i.Name == entry.Value.Name && i.Length == 0))
        {
            return;
        }
        var expected = _next < _expected.Count ? _expected[_next] : null;
        var isUsual =
            entry.Value.HeaderBytes
            == (TarFormat.NeedsLongHeader(entry.Value.Length) ? TarFormat.HeaderBlocks * TarFormat.Block : TarFormat.Block);
        if (
            expected is null
            || !isUsual
            || entry.Value.Name != expected.Name
            || (expected.Length >= 0 && (entry.Value.Length != expected.Length || contentAt != expected.Offset))
        )
        {
            throw ArchiveFailure.Refused(
                _archive.Name,
                $"entry '{entry.Value.Name}' of {entry.Value.Length} bytes at offset {contentAt} of its tar stream is not in the manifest"
            );
        }
        (_contentLeft, _zerosLeft) = (entry.Value.Length, TarFormat.Padding(entry.Value.Length));
        if (_parts.TryGetValue(contentAt, out var part))
        {
            _currentPart = part;
        }
        if (_contentLeft == 0)
        {
            EndContent();
        }
    }

    private int ProcessContent(ReadOnlySpan<byte> content)
    {
        var expected = _expected[_next];
        var count = (int)Math.Min(content.Length, _contentLeft);
        if (expected.PageSize > 0)
        {
            throw ArchiveFailure.Refused(_archive.Name, $"pages of '{expected.Name}' do not fill whole frames");
        }
        _hash.AppendData(content[..count]);
        _currentConsumer?.Process(content[..count]);
        _contentLeft -= count;
        if (_contentLeft == 0)
        {
            EndContent();
        }
        return count;
    }

    private void EndContent()
    {
        var expected = _expected[_next++];
        var sha256 = Convert.ToBase64String(_hash.GetHashAndReset());
        if (expected.Sha256 is not null && sha256 != expected.Sha256)
        {
            throw ArchiveFailure.Corrupt(
                _archive.Name,
                $"the hash of '{expected.Name}' at offset {expected.Offset} of its tar stream does not match the manifest"
            );
        }
        _currentConsumer?.EndPart();
        _currentConsumer = null;
    }

    private int ProcessZeros(ReadOnlySpan<byte> content)
    {
        var count = Math.Min(content.Length, _zerosLeft);
        if (content[..count].ContainsAnyExcept((byte)0))
        {
            throw ArchiveFailure.Corrupt(_archive.Name, $"its tar stream has padding that is not zero, near offset {_position}");
        }
        _zerosLeft -= count;
        if (_inEnd && _zerosLeft == 0 && content.Length > count)
        {
            throw ArchiveFailure.Refused(_archive.Name, "there are bytes after the end of the tar stream");
        }
        return count;
    }
}
