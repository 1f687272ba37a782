using System.Buffers.Binary;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// The pages of an image that lie in the write-ahead log. Page and frame are packed into one number each and sorted: a log that was never
/// checkpointed holds millions of frames. The log's file carries no locks, so it is opened as any other.
/// </summary>
internal sealed class WalPages : IDisposable
{
    /// <summary>Bytes before the first frame, and before each frame's page.</summary>
    public const int FileHeaderBytes = 32, FrameHeaderBytes = 24;

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly ulong[] _frames;
    private readonly int _count;
    private readonly int _pageSize;
    private readonly ulong _salts;
    private readonly byte[] _frame;

    /// <summary>Opens the log of <paramref name="databasePath"/>.</summary>
    /// <param name="databasePath">The main file.</param>
    /// <param name="frames">Page number &lt;&lt; 32 | frame number, ascending by frame; becomes this object's own.</param>
    /// <param name="header">Salts, page size and number of pages of the snapshot.</param>
    public WalPages(string databasePath, ulong[] frames, in WalHeader header)
    {
        _path = databasePath + "-wal";
        _pageSize = header.PageSize;
        _salts = header.Salts;
        _frame = new byte[FrameHeaderBytes + _pageSize];
        Array.Sort(frames);
        var count = 0;
        foreach (var packed in frames)
        {
            var page = packed >> 32;
            if (page == 0 || page > header.PageCount) continue;
            if (count > 0 && frames[count - 1] >> 32 == page) count--; // the newest frame of a page wins
            frames[count++] = packed;
        }

        _frames = frames;
        _count = count;
        _file = OpenFile(_path);
    }

    /// <summary>Number of pages that lie in the log.</summary>
    public int Count => _count;

    /// <summary>Opens a log for reading.</summary>
    public static SafeFileHandle OpenFile(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{path}' cannot be read: {e.Message}", "Let this user read the database's -wal file too.", e);
        }
    }

    /// <summary>The frames of a log by the headers of its frames, for where the wal-index cannot be mapped; null where they are not of this snapshot.</summary>
    public static ulong[]? ReadFrames(string databasePath, in WalHeader header)
    {
        using var file = OpenFile(databasePath + "-wal");
        var frames = new ulong[header.FrameCount];
        Span<byte> bytes = stackalloc byte[FrameHeaderBytes];
        for (var i = 0u; i < header.FrameCount; i++)
        {
            var read = RandomAccess.Read(file, bytes, FileHeaderBytes + ((long)i * (FrameHeaderBytes + header.PageSize)));
            if (read < FrameHeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) != header.Salts) return null;
            frames[i] = ((ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 32) | (i + 1);
        }

        return frames;
    }

    /// <summary>Puts the pages that lie in the log over those of the main file.</summary>
    public void Overlay(long firstPage, Span<byte> pages)
    {
        var end = firstPage + (pages.Length / _pageSize);
        var at = Array.BinarySearch(_frames, 0, _count, (ulong)(firstPage + 1) << 32);
        for (at = at < 0 ? ~at : at; at < _count && (long)(_frames[at] >> 32) <= end; at++)
        {
            var number = (uint)(_frames[at] >> 32);
            var frame = (uint)_frames[at];
            var offset = FileHeaderBytes + ((long)(frame - 1) * _frame.Length);
            if (RandomAccess.Read(_file, _frame, offset) != _frame.Length || BinaryPrimitives.ReadUInt32BigEndian(_frame) != number || BinaryPrimitives.ReadUInt64LittleEndian(_frame.AsSpan(8)) != _salts)
                throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"Frame {frame} of '{_path}' is not the one that belongs to page {number}.", "Something other than SQLite has changed the log. Try again.");
            _frame.AsSpan(FrameHeaderBytes).CopyTo(pages[(int)((number - 1 - firstPage) * _pageSize)..]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
