using Holdfast.Archive;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Restore;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>A copy of pages outside of the database, readable only by this user.</summary>
internal sealed class SpoolFile : IDisposable
{
    private const int CopyBytes = 4 << 20;
    private readonly FileStream _stream;
    private readonly long _firstPage;
    private readonly int _pageSize;
    private readonly SafeFileHandle? _ownerLock;

    private SpoolFile(FileStream stream, string path, long firstPage, int pageSize, SafeFileHandle? ownerLock)
    {
        _stream = stream;
        Path = path;
        _firstPage = firstPage;
        _pageSize = pageSize;
        _ownerLock = ownerLock;
    }

    /// <summary>Path of the copy. If it was created without a name, no file exists there any more.</summary>
    public string Path { get; }

    private SafeFileHandle Handle => _stream.SafeFileHandle;

    /// <summary>Returns the free bytes of the folder's file system.</summary>
    public static long FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"The spool folder '{folder}' cannot be used: {e.Message}",
                "Set spoolFolder to a folder that this user can write to.",
                e
            );
        }
    }

    /// <summary>Copies an image from <paramref name="firstPage"/> to its end at full speed.</summary>
    /// <param name="image">The image.</param>
    /// <param name="firstPage">First page to copy.</param>
    /// <param name="folder">Folder of the copy.</param>
    /// <param name="named">
    /// Whether the copy keeps a name, so that SQLite can open it. Without a name, a crash leaves no file.
    /// </param>
    /// <param name="cancellationToken">Cancels the copy.</param>
    /// <exception cref="HoldfastException">Not enough free space.</exception>
    public static SpoolFile Copy(IPageImage image, long firstPage, string folder, bool named, CancellationToken cancellationToken)
    {
        var bytes = (image.PageCount - firstPage) * image.PageSize;
        var free = FreeBytes(folder);
        if (bytes > free)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"The spool folder '{folder}' has {free:N0} bytes free; {bytes:N0} are needed so that writers do not wait "
                    + "longer than allowed.",
                "Free some space, set spoolFolder to another folder, raise maxWriterWait, or switch the database to WAL mode."
            );
        }
        var path = System.IO.Path.Combine(folder, $"{SideFiles.SpoolPrefix}{Guid.NewGuid():n}");
        SpoolFile? spool = null;
        SafeFileHandle? ownerLock = null;
        try
        {
            if (named)
            {
                ownerLock = OwnerLock.AcquireNew(path + OrphanedFiles.LockEnding); // marks the copy as in use
            }
            var stream = PrivateFile.Create(path, FileShare.Read | FileShare.Delete);
            spool = new(stream, path, firstPage, image.PageSize, ownerLock);
            if (!named)
            {
                File.Delete(path);
            }
            spool.CopyFrom(image, cancellationToken);
            return spool;
        }
        catch (Exception e)
        {
            spool?.Remove();
            ownerLock?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new HoldfastException(
                    ErrorCatalog.SourceUnreadable,
                    $"The spool folder '{folder}' cannot be used: {e.Message}",
                    "Set spoolFolder to a folder with free space that this user can write to.",
                    e
                );
            }
            throw;
        }
    }

    /// <summary>Reads pages, numbered as in the image.</summary>
    public void Read(long firstPage, Span<byte> pages)
    {
        for (var done = 0; done < pages.Length; )
        {
            var read = RandomAccess.Read(Handle, pages[done..], ((firstPage - _firstPage) * _pageSize) + done);
            if (read == 0)
            {
                throw new HoldfastException(
                    ErrorCatalog.SourceUnreadable,
                    $"The spool file '{Path}' is truncated.",
                    "Another program has truncated it. Try again."
                );
            }
            done += read;
        }
    }

    /// <summary>Closes the copy. A named copy stays until <see cref="Remove"/>, so that SQLite can open it.</summary>
    public void Dispose() => _stream.Dispose();

    /// <summary>Removes a named copy and any side files that SQLite has left beside it.</summary>
    public void Remove()
    {
        Dispose();
        if (_ownerLock is null)
        {
            return;
        }
        foreach (var ending in (string[])["", "-journal", "-wal", "-shm", OrphanedFiles.LockEnding])
        {
            OrphanedFiles.RemoveFile(Path + ending);
        }
        _ownerLock.Dispose();
    }

    private void CopyFrom(IPageImage image, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(CopyBytes, (image.PageCount - _firstPage) * _pageSize)];
        for (var page = _firstPage; page < image.PageCount; )
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, (image.PageCount - page) * _pageSize));
            image.Read(page, part);
            RandomAccess.Write(Handle, part, (page - _firstPage) * _pageSize);
            page += part.Length / _pageSize;
        }
    }
}
