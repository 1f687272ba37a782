using System.Buffers.Binary;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// An image of an encrypted database whose key is not known, held by locks alone. In use in WAL mode: a shared lock, the checkpoint lock (so the
/// main file stays as it is) and one read mark (so the log does not start over); writers go on. Not in use: a shared lock, which holds
/// writers in rollback mode, and a comparison of times and sizes, which shows a writer in WAL mode.
/// </summary>
internal sealed class KeylessImage : HeldImage
{
    private const int CheckpointLock = 1, FirstReadLock = 3, LastReadMark = 4;
    private const int DefaultPageSize = 4096;
    private static readonly TimeSpan ClockTick = TimeSpan.FromMilliseconds(20); // file systems stamp with the kernel's tick, 10 ms at most
    private readonly string _path;
    private readonly VfsFile _main;
    private readonly WalPages? _wal;
    private readonly int _readLock;
    private readonly (FileStatus? Main, FileStatus? Wal, FileStatus? Shm) _before;
    private bool _disposed;

    private KeylessImage(string path, VfsFile main, int readLock, in WalHeader header, ulong[]? frames, (FileStatus? Main, FileStatus? Wal, FileStatus? Shm) before, TimeProvider time)
    {
        _path = path;
        _main = main;
        _readLock = readLock;
        _before = before;
        var status = before.Main!.Value;
        PageSize = header.PageSize >= 512 ? header.PageSize : GuessPageSize(status.Size);
        PageCount = header.FrameCount > 0 ? header.PageCount : (status.Size + PageSize - 1) / PageSize;
        if (frames is not null) _wal = new(path, frames, header);
        ChangeToken = header.FrameCount > 0 || header.Salts != 0 ? ChangeTokens.OfWal(header, status, 0) : ChangeTokens.OfFile(status, null, false, PageCount, time);
    }

    /// <summary>Whether locks keep all of it as it is, and not only a comparison.</summary>
    public bool IsHot => _readLock != 0;

    /// <inheritdoc/>
    public override int PageSize { get; }

    /// <inheritdoc/>
    public override long PageCount { get; }

    /// <inheritdoc/>
    public override bool IsIncompressible => true;

    /// <inheritdoc/>
    public override bool HoldsWriters => !IsHot && _wal is null; // it may be in rollback mode

    /// <inheritdoc/>
    public override string? ChangeToken { get; }

    /// <summary>One attempt; null where another process is in the way.</summary>
    /// <exception cref="HoldfastException">It is unreadable, or a hot journal needs the key.</exception>
    public static async Task<KeylessImage?> TryOpenAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        var inode = FileStatus.Of(path)?.Inode;
        var main = VfsFile.Open(path);
        var readLock = 0;
        var done = false;
        try
        {
            var code = main.Lock(VfsFile.LockShared);
            if (code == Busy) return null;
            if (code != Ok) throw SqliteFailure.Of(code, path, SqliteConnection.ErrorText(code));
            var before = Look(path);
            if (inode is null || before.Main?.Inode != inode) return null; // replaced meanwhile

            WalHeader header = default;
            ulong[]? frames = null;
            if (before.Shm is { Size: >= WalIndex.RegionBytes })
            {
                code = TryHoldLog(main, out readLock, out header);
                if (code == Busy) return null;
                if (readLock != 0 && header.FrameCount > 0)
                {
                    frames = Frames(main, header.FrameCount) ?? WalPages.ReadFrames(path, header);
                    if (frames is null) return null;
                }
            }

            if (readLock == 0)
            {
                if (IsRacy(before, time))
                {
                    await Task.Delay(ClockTick * 1.5, time, cancellationToken); // in rollback mode nothing changes meanwhile: the lock is held
                    before = Look(path);
                    if (before.Main?.Inode != inode || IsRacy(before, time)) return null;
                }

                RefuseHotJournal(path, main);
                frames = WalScan.TryRead(path, out header, cancellationToken);
            }
            else before = Look(path); // the main file cannot change from here on

            var image = new KeylessImage(path, main, readLock, header, frames, before, time);
            done = true;
            return image;
        }
        finally
        {
            if (!done) LetGo(main, readLock);
        }
    }

    /// <inheritdoc/>
    public override void Read(long firstPage, Span<byte> pages)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _main.Read(firstPage * PageSize, pages, _path);
        _wal?.Overlay(firstPage, pages);
        if (!IsHot) Verify(); // the sooner it shows, the less is read in vain
    }

    /// <inheritdoc/>
    public override void Verify()
    {
        if (IsHot || SameContents(Look(_path))) return;
        throw new HoldfastException(ErrorCatalogue.SourceLocked, $"'{_path}' was opened and written to while it was read, and without its key it cannot be held still.", "Try again, or give the database's key.");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _wal?.Dispose();
        LetGo(_main, _readLock);
    }

    private bool SameContents((FileStatus? Main, FileStatus? Wal, FileStatus? Shm) now)
    {
        var (wal, old) = (now.Wal ?? default, _before.Wal ?? default);
        return now.Main == _before.Main && wal.Size == old.Size && (wal.Size == 0 || wal == old);
    }

    /// <summary>Whether the times of files are so young that a write just now could leave them as they are.</summary>
    private static bool IsRacy((FileStatus? Main, FileStatus? Wal, FileStatus? Shm) files, TimeProvider time)
    {
        var age = ((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100) - Math.Max(files.Main?.Modified ?? 0, files.Wal?.Modified ?? 0);
        return age >= 0 && age < ClockTick.Ticks * 100;
    }

    private static (FileStatus? Main, FileStatus? Wal, FileStatus? Shm) Look(string path) => (FileStatus.Of(path), FileStatus.Of(path + "-wal"), FileStatus.Of(path + "-shm"));

    /// <summary>
    /// Takes the checkpoint lock and a read mark. An index that is not in use is let go of at once: whoever opens the database then needs all its locks
    /// to rebuild it, and fails if they stay taken.
    /// </summary>
    private static unsafe int TryHoldLog(VfsFile main, out int readLock, out WalHeader header)
    {
        readLock = 0;
        header = default;
        byte* region;
        if (main.ShmMap(0, out region) != Ok || region is null || region[12] == 0)
        {
            main.ShmUnmap();
            return Ok;
        }

        if (main.ShmLock(CheckpointLock, 1, VfsFile.ShmLockFlag | VfsFile.ShmExclusiveFlag) is var code && code != Ok) return code == Busy ? Busy : Ok;
        for (var mark = LastReadMark; mark > 0; mark--)
        {
            if (main.ShmLock(FirstReadLock + mark, 1, VfsFile.ShmLockFlag | VfsFile.ShmSharedFlag) != Ok) continue;
            if (WalIndex.TryReadHeader(region, out header) && header.IsInitialised)
            {
                readLock = FirstReadLock + mark;
                return Ok;
            }

            main.ShmLock(FirstReadLock + mark, 1, VfsFile.ShmUnlockFlag | VfsFile.ShmSharedFlag);
            break;
        }

        main.ShmLock(CheckpointLock, 1, VfsFile.ShmUnlockFlag | VfsFile.ShmExclusiveFlag);
        main.ShmUnmap();
        return Busy;
    }

    private static unsafe ulong[]? Frames(VfsFile main, uint frameCount) => WalIndex.ReadFrames(main.ShmMap, frameCount);

    private static void LetGo(VfsFile main, int readLock)
    {
        if (readLock != 0)
        {
            main.ShmLock(readLock, 1, VfsFile.ShmUnlockFlag | VfsFile.ShmSharedFlag);
            main.ShmLock(CheckpointLock, 1, VfsFile.ShmUnlockFlag | VfsFile.ShmExclusiveFlag);
        }

        main.ShmUnmap();
        main.Unlock(VfsFile.LockNone);
        main.Dispose();
    }

    private static void RefuseHotJournal(string path, VfsFile main)
    {
        var journal = path + "-journal";
        if (FileStatus.Of(journal) is not { IsRegular: true, Size: >= 8 } || main.IsReserved()) return;
        Span<byte> magic = stackalloc byte[8];
        using (var file = WalPages.OpenFile(journal))
        {
            if (RandomAccess.Read(file, magic, 0) != 8 || BinaryPrimitives.ReadUInt64BigEndian(magic) != 0xd9d505f920a163d7) return;
        }

        throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{path}' was left in the middle of a transaction (its -journal is hot), and rolling that back needs the key.", "Open the database once with its application, or give the database's key.");
    }

    /// <summary>SQLCipher's default where the size allows it, else the largest page size that does.</summary>
    private static int GuessPageSize(long size)
    {
        if (size % DefaultPageSize == 0) return DefaultPageSize;
        for (var pageSize = 65536; pageSize > 512; pageSize /= 2)
        {
            if (size % pageSize == 0) return pageSize;
        }

        return 512;
    }
}
