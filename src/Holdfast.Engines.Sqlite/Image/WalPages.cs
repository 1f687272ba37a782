using System.Buffers.Binary;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// The pages of an image that lie in the write-ahead log. Page and frame are packed into one number and sorted: a log
/// that was never checkpointed can hold millions of frames. The log file carries no locks, so it is opened like any
/// other file.
/// </summary>
internal sealed class WalPages : IDisposable
{
    /// <summary>Bytes before the first frame, and before the page of each frame.</summary>
    public const int FileHeaderBytes = 32,
        FrameHeaderBytes = 24;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly ulong[] _frames;
    private readonly int _count;
    private readonly int _pageSize;
    private readonly ulong _salts;
    private readonly byte[] _frame;

    /// <summary>Opens the log of <paramref name="database"/>.</summary>
    /// <param name="database">The main file.</param>
    /// <param name="frames">
    /// Page number &lt;&lt; 32 | frame number, ascending by frame. The array becomes owned by this object.
    /// </param>
    /// <param name="header">Salts, page size and page count of the snapshot.</param>
    public WalPages(DatabaseFile database, ulong[] frames, in WalHeader header)
    {
        _path = database.DisplayPath + "-wal";
        _pageSize = header.PageSize;
        _salts = header.Salts;
        _frame = new byte[FrameHeaderBytes + _pageSize];
        Array.Sort(frames);
        var count = 0;
        foreach (var packed in frames)
        {
            var page = packed >> 32;
            if (page == 0 || page > header.PageCount)
            {
                continue;
            }
            if (count > 0 && frames[count - 1] >> 32 == page)
            {
                count--; // the newest frame of a page wins
            }
            frames[count++] = packed;
        }

        _frames = frames;
        _count = count;
        _file = OpenFile(database, "-wal");
    }

    /// <summary>Number of pages in the log.</summary>
    public int Count => _count;

    /// <summary>Opens the log or journal beside a database for reading, without following a link.</summary>
    public static SafeFileHandle OpenFile(DatabaseFile database, string ending)
    {
        try
        {
            return Posix.OpenRegular(database.Path + ending);
        }
        catch (IOException e)
        {
            var reason = e.Message.Replace(database.Path, database.DisplayPath, StringComparison.Ordinal);
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"'{database.DisplayPath}{ending}' cannot be read: {reason}",
                $"Give this user read permission for the database's {ending} file, too. It must not be a link.",
                e
            );
        }
    }

    /// <summary>
    /// Lists the frames of a log by reading the frame headers, for logs longer than the wal-index can be read. Returns
    /// null if a frame is not part of this snapshot. The list grows with the frames that are found, so a false count in
    /// a header allocates nothing.
    /// </summary>
    public static ulong[]? ReadFrames(SafeFileHandle file, in WalHeader header)
    {
        var frames = new List<ulong>();
        for (var number = 1u; number <= header.FrameCount; number++)
        {
            if (!TryReadPageNumber(file, number, header, out var page))
            {
                return null;
            }
            frames.Add(((ulong)page << 32) | number);
        }

        return [.. frames];
    }

    /// <summary>Reads the page number of a frame; false if the log has no such frame of this snapshot.</summary>
    public static bool TryReadPageNumber(SafeFileHandle file, uint frame, in WalHeader header, out uint page)
    {
        Span<byte> bytes = stackalloc byte[FrameHeaderBytes];
        var read = RandomAccess.Read(file, bytes, FileHeaderBytes + ((frame - 1L) * (FrameHeaderBytes + header.PageSize)));
        page = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return read == FrameHeaderBytes && BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) == header.Salts;
    }

    /// <summary>Overlays the pages of the main file with those in the log.</summary>
    public void Overlay(long firstPage, Span<byte> pages)
    {
        var end = firstPage + (pages.Length / _pageSize);
        var at = Array.BinarySearch(_frames, 0, _count, (ulong)(firstPage + 1) << 32);
        for (at = at < 0 ? ~at : at; at < _count && (long)(_frames[at] >> 32) <= end; at++)
        {
            var number = (uint)(_frames[at] >> 32);
            var frame = (uint)_frames[at];
            var offset = FileHeaderBytes + ((long)(frame - 1) * _frame.Length);
            if (
                RandomAccess.Read(_file, _frame, offset) != _frame.Length
                || BinaryPrimitives.ReadUInt32BigEndian(_frame) != number
                || BinaryPrimitives.ReadUInt64LittleEndian(_frame.AsSpan(8)) != _salts
            )
            {
                throw new HoldfastException(
                    ErrorCatalog.SourceUnreadable,
                    $"Frame {frame} of '{_path}' does not contain page {number}.",
                    "A program other than SQLite has changed the log. Try again."
                );
            }
            _frame.AsSpan(FrameHeaderBytes).CopyTo(pages[(int)((number - 1 - firstPage) * _pageSize)..]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
