using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// An image that is pinned only by SQLite's locks, taken through SQLite's own file layer. No connection is opened, so
/// no file is created beside the database, no key is needed, and an untrusted wal-index is not relied on. A shared lock
/// is always held: it blocks writers in rollback mode, and keeps the last connection in WAL mode from deleting the log.
/// If the database is in use in WAL mode, the checkpoint lock (which keeps the main file unchanged) and one read mark
/// (which keeps the log from restarting) are held as well; writers continue. If it is in WAL mode and not in use, the
/// main file's timestamps and size are compared, which reveals a checkpoint; as soon as another process opens the
/// database, those two locks are taken.
/// </summary>
internal sealed class LockedImage : PinnedImage
{
    private const int CheckpointLock = 1,
        FirstReadLock = 3,
        LastReadMark = 4;
    private const int DefaultPageSize = 4096;
    private const ulong JournalMagic = 0xd9d505f920a163d7;

    // file systems take timestamps from the kernel's tick, at most 10 ms
    private static readonly TimeSpan ClockTick = TimeSpan.FromMilliseconds(20);
    private readonly DatabaseFile _file;
    private readonly VfsFile _main;
    private readonly WalPages? _wal;
    private readonly FileStatus _initialStatus;
    private readonly bool _isPlain;
    private int _readLock;
    private int _pageSize;
    private long _pageCount;
    private bool? _isWal;
    private bool _disposed;

    private LockedImage(DatabaseFile file, VfsFile main, LockedState state, TimeProvider time)
    {
        var (log, frames, before) = (state.Log, state.Frames, state.Status);
        var header = state.Header;
        _file = file;
        _main = main;
        _readLock = state.ReadLock;
        _initialStatus = before;
        _isPlain = header.IsUnencrypted;
        _isWal =
            header.IsUnencrypted ? header.IsWal
            : _readLock != 0 || log.FrameCount > 0 ? true
            : null;
        _pageSize =
            log.PageSize >= 512 ? log.PageSize
            : header.IsUnencrypted ? header.PageSize
            : GuessPageSize(before.Size);
        if (_pageSize == 0)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"'{file}' has a page size that is not valid.",
                "It is damaged. Check it with: sqlite3 FILE 'PRAGMA integrity_check'"
            );
        }
        _pageCount = log.FrameCount > 0 ? log.PageCount : CountPages();
        if (frames is not null)
        {
            _wal = new(file, frames, log);
        }
        ChangeToken =
            log.FrameCount > 0 || log.Salts != 0
                ? ChangeTokens.ForWal(log, before, state.HeaderHash)
                : ChangeTokens.ForFile(
                    before,
                    header.IsUnencrypted ? header.ChangeCounter : null,
                    header.IsUnencrypted && !header.IsWal,
                    _pageCount,
                    time
                );
    }

    /// <summary>Whether locks keep the whole image unchanged. If not, changes are only detected by comparison.</summary>
    public bool IsProtectedByLocks => _readLock != 0 || _isWal == false;

    /// <summary>Whether the database is in use in WAL mode, and pinned by the locks of its log.</summary>
    public bool IsInUse => _readLock != 0;

    /// <summary>Whether it is in WAL mode; null if only the key could show it.</summary>
    public bool? IsWal => _isWal;

    /// <summary>The database's file.</summary>
    public DatabaseFile Database => _file;

    /// <summary>The database's path as shown to users.</summary>
    public string FilePath => _file.DisplayPath;

    /// <inheritdoc/>
    public override int PageSize => _pageSize;

    /// <inheritdoc/>
    public override long PageCount => _pageCount;

    /// <inheritdoc/>
    public override bool IsIncompressible => !_isPlain;

    /// <inheritdoc/>
    public override bool BlocksWriters => !IsInUse && _wal is null && _isWal != true;

    /// <inheritdoc/>
    public override string? ChangeToken { get; }

    /// <summary>Number of pages that are read from the log.</summary>
    public int PagesFromWal => _wal?.Count ?? 0;

    /// <summary>
    /// Makes one attempt. Returns no image if another process holds a conflicting lock, or if an unfinished transaction
    /// has to be rolled back first.
    /// </summary>
    /// <exception cref="HoldfastException">The database cannot be read.</exception>
    public static async Task<(LockedImage? Image, bool HasHotJournal)> TryOpenAsync(
        DatabaseFile file,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var path = file.Path;
        if (FileStatus.Get(path) is not { IsRegular: true } found)
        {
            return default; // replaced meanwhile
        }
        var main = VfsFile.Open(file);
        var readLock = 0;
        var transferred = false;
        try
        {
            var code = main.Lock(VfsFile.LockShared);
            if ((code & 0xFF) == Busy)
            {
                return default;
            }
            if (code != Ok)
            {
                throw SqliteErrorTranslator.Translate(code, file.DisplayPath, SqliteConnection.ErrorText(code));
            }
            if (FileStatus.Get(path) is not { } before || !before.IsSameFile(found) || !main.IsFile(found))
            {
                return default; // replaced meanwhile
            }

            var header = ReadHeader(main, file, out var hash);
            WalHeader log = default;
            ulong[]? frames = null;
            if ((!header.IsUnencrypted || header.IsWal) && file.GetSideFileStatus("-shm") is { Size: >= WalIndex.RegionBytes })
            {
                code = TryLockWal(main, out readLock, out log, out var copied);
                if (code == Busy)
                {
                    return default;
                }
                if (readLock != 0 && copied < log.FrameCount && !TryReadFrames(main, file, log, out frames))
                {
                    return default;
                }
            }

            if (readLock == 0)
            {
                var mayBeWal = !header.IsUnencrypted || header.IsWal;
                if (mayBeWal && IsTooYoung(before, time))
                {
                    // in rollback mode nothing can change here: the shared lock is held
                    await Task.Delay(ClockTick * 1.5, time, cancellationToken);
                    if (FileStatus.Get(path) is not { } again || !again.IsSameFile(found) || IsTooYoung(again, time))
                    {
                        return default;
                    }
                    before = again;
                    header = ReadHeader(main, file, out hash);
                }

                if (HasHotJournal(file, main))
                {
                    return (null, true);
                }
                if (mayBeWal)
                {
                    frames = WalScanner.TryRead(file, out log, cancellationToken);
                }
                if (mayBeWal && FileStatus.Get(path) != before)
                {
                    return default; // a checkpoint has run: the frames that were read may belong to another main file
                }
            }
            else if (FileStatus.Get(path) is { } held)
            {
                before = held; // the main file cannot change from here on
            }
            else
            {
                return default;
            }

            var image = new LockedImage(file, main, new(readLock, header, hash, log, frames, before), time);
            transferred = true;
            return (image, false);
        }
        finally
        {
            if (!transferred)
            {
                ReleaseLocks(main, readLock);
            }
        }
    }

    /// <summary>Sets what the decrypted header of an encrypted database says, which its file does not show.</summary>
    public void ApplyDecryptedHeader(int pageSize, bool isWal)
    {
        _isWal ??= isWal;
        if (_wal is not null || pageSize == _pageSize)
        {
            return;
        }
        _pageSize = pageSize;
        _pageCount = CountPages();
    }

    /// <inheritdoc/>
    public override void Read(long firstPage, Span<byte> pages)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _main.Read(firstPage * PageSize, pages, _file.DisplayPath);
        _wal?.Overlay(firstPage, pages);
        if (!IsProtectedByLocks)
        {
            Verify(); // the earlier a change is detected, the less is read in vain
        }
    }

    /// <inheritdoc/>
    public override void Verify()
    {
        if (IsProtectedByLocks)
        {
            return;
        }
        LockIfInUse();
        if (FileStatus.Get(_file.Path) == _initialStatus)
        {
            return;
        }
        throw new HoldfastException(
            ErrorCatalog.SourceConflict,
            $"'{_file}' was opened and changed while it was being read, before its log could be locked.",
            "Try again."
        );
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        _wal?.Dispose();
        ReleaseLocks(_main, _readLock);
    }

    // If another process has opened the database since, locks keep it unchanged from here on. The caller's comparison
    // shows whether it changed before that.
    private void LockIfInUse()
    {
        if (FileStatus.Get(_file.Path + "-shm") is not { Size: >= WalIndex.RegionBytes })
        {
            return;
        }
        if (TryLockWal(_main, out var readLock, out _, out _) != Ok || readLock == 0)
        {
            return;
        }
        if (FileStatus.Get(_file.Path) == _initialStatus)
        {
            _readLock = readLock;
        }
        else
        {
            ReleaseWalLocks(_main, readLock);
        }
    }

    private long CountPages() => (_initialStatus.Size + _pageSize - 1) / _pageSize;

    private static FileHeader ReadHeader(VfsFile main, DatabaseFile file, out ulong hash)
    {
        Span<byte> bytes = stackalloc byte[FileHeader.Length];
        main.Read(0, bytes, file.DisplayPath);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        hash = BinaryPrimitives.ReadUInt64BigEndian(digest);
        return FileHeader.Parse(bytes);
    }

    /// <summary>Whether the file's timestamps are so young that another write could leave them unchanged.</summary>
    private static bool IsTooYoung(in FileStatus file, TimeProvider time)
    {
        var age = ((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100) - file.Modified;
        return age >= 0 && age < ClockTick.Ticks * 100;
    }

    /// <summary>
    /// Takes the checkpoint lock and a read mark. An index that is not in use is unmapped at once: a process that opens
    /// the database needs all locks of the index to rebuild it, and fails if they stay taken. The order is that of
    /// SQLite (checkpoint lock, then read mark); on failure the locks are released in reverse order, before the index
    /// is unmapped.
    /// </summary>
    private static unsafe int TryLockWal(VfsFile main, out int readLock, out WalHeader header, out uint copied)
    {
        readLock = 0;
        (header, copied) = (default, 0);
        if (
            main.ShmMap(0, out var region) != Ok
            || region is null
            || !WalIndex.TryReadHeader(region, out var seen, out _)
            || !seen.IsInitialised
        )
        {
            main.ShmUnmap();
            return Ok;
        }

        if (main.ShmLock(CheckpointLock, 1, VfsFile.ShmLockFlag | VfsFile.ShmExclusiveFlag) is var code && code != Ok)
        {
            main.ShmUnmap();
            return (code & 0xFF) == Busy ? Busy : Ok;
        }

        for (var mark = LastReadMark; mark > 0; mark--)
        {
            if (main.ShmLock(FirstReadLock + mark, 1, VfsFile.ShmLockFlag | VfsFile.ShmSharedFlag) != Ok)
            {
                continue;
            }
            if (WalIndex.TryReadHeader(region, out header, out copied) && header.IsInitialised)
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

    /// <summary>Reads the frames of a pinned log; false if the log does not contain what its index claims.</summary>
    private static unsafe bool TryReadFrames(VfsFile main, DatabaseFile database, in WalHeader header, out ulong[]? frames)
    {
        frames = null;
        var size = database.GetSideFileStatus("-wal")?.Size ?? 0;
        if (header.PageSize < 512 || header.FrameCount > (size - WalPages.FileHeaderBytes) / (WalPages.FrameHeaderBytes + header.PageSize))
        {
            return false;
        }
        using var file = WalPages.OpenFile(database, "-wal");
        var log = header;
        if (header.FrameCount <= WalIndex.MaxFrames)
        {
            frames = WalIndex.ReadFrames(main.ShmMap, header.FrameCount, number => WalPages.TryReadPageNumber(file, number, log, out _));
        }
        frames ??= WalPages.ReadFrames(file, header);
        return frames is not null;
    }

    private static void ReleaseLocks(VfsFile main, int readLock)
    {
        ReleaseWalLocks(main, readLock);
        main.Unlock(VfsFile.LockNone);
        main.Dispose();
    }

    private static void ReleaseWalLocks(VfsFile main, int readLock)
    {
        if (readLock != 0)
        {
            main.ShmLock(readLock, 1, VfsFile.ShmUnlockFlag | VfsFile.ShmSharedFlag);
            main.ShmLock(CheckpointLock, 1, VfsFile.ShmUnlockFlag | VfsFile.ShmExclusiveFlag);
        }

        main.ShmUnmap();
    }

    private static bool HasHotJournal(DatabaseFile database, VfsFile main)
    {
        if (database.GetSideFileStatus("-journal") is not { IsRegular: true, Size: >= 8 } || main.IsReserved())
        {
            return false;
        }
        Span<byte> magic = stackalloc byte[8];
        using var file = WalPages.OpenFile(database, "-journal");
        return RandomAccess.Read(file, magic, 0) == 8 && BinaryPrimitives.ReadUInt64BigEndian(magic) == JournalMagic;
    }

    /// <summary>
    /// Returns SQLCipher's default if the size is a multiple of it, else the largest page size that divides the size.
    /// </summary>
    private static int GuessPageSize(long size)
    {
        if (size % DefaultPageSize == 0)
        {
            return DefaultPageSize;
        }
        for (var pageSize = 65536; pageSize > 512; pageSize /= 2)
        {
            if (size % pageSize == 0)
            {
                return pageSize;
            }
        }

        return 512;
    }

    /// <summary>What one attempt has locked and read.</summary>
    /// <param name="ReadLock">Number of the read mark's lock, held together with the checkpoint lock; 0 if neither is held.</param>
    /// <param name="Header">Header of the main file.</param>
    /// <param name="HeaderHash">First 8 bytes of its hash.</param>
    /// <param name="Log">Header of the log; default if it has no committed frame.</param>
    /// <param name="Frames">Frames of the log that are not in the main file; null if there are none.</param>
    /// <param name="Status">Status of the main file at that moment.</param>
    private sealed record LockedState(int ReadLock, FileHeader Header, ulong HeaderHash, WalHeader Log, ulong[]? Frames, FileStatus Status);
}
