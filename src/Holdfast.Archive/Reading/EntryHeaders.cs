using Holdfast.Archive.Format;

namespace Holdfast.Archive.Reading;

/// <summary>
/// Checks the tar headers before entries of pages while these are read: the frames with headers are read together with those between
/// them. Pages fill whole frames and need no padding, so a frame has either pages or something else.
/// </summary>
/// <param name="archive">The archive.</param>
internal sealed class EntryHeaders(ArchiveReader archive)
{
    private readonly Dictionary<int, LayoutEntry> _entries = []; // by the frame with the end of the header
    private readonly HashSet<int> _frames = [];
    private readonly byte[] _bytes = new byte[3 * Tar.TarFormat.Block];

    /// <summary>Adds the entry of a part of pages.</summary>
    /// <returns>The frames with its header, which have to be read before its pages.</returns>
    /// <exception cref="Core.Errors.HoldfastException">Another entry's header ends in the same frame, or is in that of pages.</exception>
    public IReadOnlyList<int> Add(ManifestPart part)
    {
        var entry = archive.Layout.GetEntry(part);
        var table = archive.Frames.Table;
        var (first, last) = (table.FrameAt(entry.Offset - ArchiveReader.HeaderBytesOf(entry)), table.FrameAt(entry.Offset - 1));
        if (!_entries.TryAdd(last, entry))
        {
            throw ArchiveFailure.Refused(archive.Name, $"pages at offset {part.Offset} of its tar stream do not fill whole frames");
        }
        var frames = Enumerable.Range(first, last - first + 1).ToList();
        _frames.UnionWith(frames);
        return frames;
    }

    /// <summary>
    /// The part of a frame's content that belongs to a header; null for a frame of pages. Thread-safe after the last Add.
    /// </summary>
    public byte[]? Find(int frame, ReadOnlySpan<byte> content)
    {
        if (!_frames.Contains(frame))
        {
            return null;
        }
        // The last bytes of a frame before the one in which a header ends, or the bytes before the entry.
        var end = _entries.TryGetValue(frame, out var entry)
            ? (int)(entry.Offset - archive.Frames.Table.Content(frame).Offset)
            : content.Length;
        return content[Math.Max(0, end - _bytes.Length)..end].ToArray();
    }

    /// <summary>Checks the header that ends in a frame. Called for all frames with headers, in order.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="header">What <see cref="Find"/> returned.</param>
    public void Check(int frame, ReadOnlySpan<byte> header)
    {
        // Keeps the last bytes of the tar stream before the next entry.
        _bytes.AsSpan(header.Length).CopyTo(_bytes);
        header.CopyTo(_bytes.AsSpan(_bytes.Length - header.Length));
        if (_entries.TryGetValue(frame, out var entry))
        {
            archive.CheckHeader(entry, _bytes.AsSpan(_bytes.Length - ArchiveReader.HeaderBytesOf(entry)));
        }
    }
}
