using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// An image held by SQLite's locks alone, taken through its own file layer: no connection is opened, so no file is made
/// beside the database, no key is
/// needed, and nothing of a stranger's wal-index is trusted. Always a shared lock, which keeps writers of the rollback
/// mode out, and keeps the last user of
/// the WAL mode from removing the log. In use in WAL mode: the checkpoint lock (so the main file stays as it is) and
/// one read mark (so the log does not
/// start over) as well; writers go on. Not in use in WAL mode: a look at the main file's times and size, which shows a
/// checkpoint; as soon as someone has
/// the database open, those locks are taken.
/// </summary>
internal sealed class LockedImage : PinnedImage
{
    private const int CheckpointLock = 1,
        FirstReadLock = 3,
        LastReadMark = 4;
    private const int DefaultPageSize = 4096;
    private const ulong JournalMagic = 0xd9d505f920a163d7;
    private static readonly TimeSpan ClockTick = TimeSpan.FromMilliseconds(20); // file systems stamp with the kernel's tick, 10 ms at most
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

    private LockedImage(
        DatabaseFile file,
        VfsFile main,
        int readLock,
        in FileHeader header,
        ulong headerHash,
        in WalHeader log,
        ulong[]? frames,
        in FileStatus before,
        TimeProvider time
    )
    {
        _file = file;
        _main = main;
        _readLock = readLock;
        _initialStatus = before;
        _isPlain = header.IsUnencrypted;
        _isWal =
            header.IsUnencrypted ? header.IsWal
            : readLock != 0 || log.FrameCount > 0 ? true
            : null;
        _pageSize =
            log.PageSize >= 512 ? log.PageSize
            : header.IsUnencrypted ? header.PageSize
            : GuessPageSize(before.Size);
        if (_pageSize == 0)
        {
            throw new HoldfastException(
                ErrorCatalogue.SourceUnreadable,
                $"'{file}' has a page size that makes no sense.",
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
                ? ChangeTokens.ForWal(log, before, headerHash)
                : ChangeTokens.ForFile(
                    before,
                    header.IsUnencrypted ? header.ChangeCounter : null,
                    header.IsUnencrypted && !header.IsWal,
                    _pageCount,
                    time
                );
    }

    /// <summary>Whether locks keep all of it as it is, and not only a comparison.</summary>
    public bool IsProtectedByLocks => _readLock != 0 || _isWal == false;

    /// <summary>Whether the database is in use in WAL mode, and held by the locks of its log.</summary>
    public bool IsInUse => _readLock != 0;

    /// <summary>Whether it is in WAL mode; null where only the key would tell.</summary>
    public bool? IsWal => _isWal;

    /// <summary>The database's file.</summary>
    public DatabaseFile Database => _file;

    /// <summary>The path that people know the database by.</summary>
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

    /// <summary>Number of pages that come from the log.</summary>
    public int PagesFromWal => _wal?.Count ?? 0;

    /// <summary>
    /// One attempt; no image where another process is in the way, or where it was left in the middle of a transaction,
    /// which has to be rolled back.
    /// </summary>
    /// <exception cref="HoldfastException">It is unreadable.</exception>
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
        var done = false;
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
                    // in rollback mode nothing changes meanwhile: the lock is held
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
                    return default; // a checkpoint since: what was read of the log may belong to another main file
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

            var image = new LockedImage(file, main, readLock, header, hash, log, frames, before, time);
            done = true;
            return (image, false);
        }
        finally
        {
            if (!done)
            {
                ReleaseLocks(main, readLock);
            }
        }
    }

    /// <summary>Says what the key has shown of an encrypted database, which its file does not.</summary>
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
            Verify(); // the sooner it shows, the less is read in vain
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
            ErrorCatalogue.SourceConflict,
            $"'{_file}' was opened and written to while it was read, before its log could be held.",
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

    // Someone has opened the database since: from here on locks keep it as it is. Whether it changed before that, the
    // comparison that follows shows.
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

    /// <summary>Whether the times of the file are so young that a write just now could leave them as they are.</summary>
    private static bool IsTooYoung(in FileStatus file, TimeProvider time)
    {
        var age = ((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100) - file.Modified;
        return age >= 0 && age < ClockTick.Ticks * 100;
    }

    /// <summary>
    /// Takes the checkpoint lock and a read mark. An index that is not in use is let go of at once: whoever opens the
    /// database then needs all its locks
    /// to rebuild it, and fails if they stay taken.
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

    /// <summary>The frames of a log that is held; false where it does not hold what its index claims.</summary>
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

    /// <summary>SQLCipher's default where the size allows it, else the largest page size that does.</summary>
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
}
