using Holdfast.Archive;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// A folder for small files that only this user can read. It is removed when it is disposed; leftovers of a killed
/// process are recognised by their lock file, which is not locked.
/// </summary>
internal sealed class PrivateFolder : IDisposable
{
    private const string Prefix = "holdfast-postgresql-";
    private const string LockName = "lock";
    private const int MaxAttempts = 100;
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly SafeFileHandle _lock;

    private PrivateFolder(string path, SafeFileHandle held) => (FolderPath, _lock) = (path, held);

    /// <summary>Path of the folder.</summary>
    public string FolderPath { get; }

    /// <summary>Creates a folder.</summary>
    public static PrivateFolder Create(string parent)
    {
        for (var i = 0; i < MaxAttempts; i++)
        {
            // A new folder with an unpredictable name; an existing folder could be a trap.
            var path = Path.Combine(parent, Prefix + Guid.NewGuid().ToString("n"));
            Directory.CreateDirectory(path, OwnerFolder);
            if (OwnerLock.TryAcquireNew(Path.Combine(path, LockName)) is { } held)
            {
                return new(path, held);
            }
            // Another process removed it as a leftover before it was locked.
        }

        throw new IOException($"No folder can be created in '{parent}': another process keeps removing it.");
    }

    /// <summary>Removes the folders under <paramref name="parent"/> whose owners have exited.</summary>
    public static void RemoveLeftovers(string parent)
    {
        if (!Directory.Exists(parent))
        {
            return;
        }
        foreach (var path in Directory.GetDirectories(parent, Prefix + "*"))
        {
            try
            {
                var lockPath = Path.Combine(path, LockName);
                if (!File.Exists(lockPath))
                {
                    continue; // it is being created or removed
                }
                using var held = OwnerLock.TryAcquire(lockPath);
                if (held is not null)
                {
                    Remove(path);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just been removed, or belongs to another user.
            }
        }
    }

    /// <summary>Creates a file for writing.</summary>
    public FileStream CreateFile(string name) =>
        new(
            Path.Combine(FolderPath, name),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.Read,
                UnixCreateMode = OwnerFile,
            }
        );

    /// <summary>Writes a small file.</summary>
    /// <returns>The path of the file.</returns>
    public string WriteFile(string name, string text)
    {
        using var file = CreateFile(name);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        return file.Name;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Remove(FolderPath);
        }
        finally
        {
            _lock.Dispose();
        }
    }

    // The lock file is removed last: without it, nothing would remove the rest of the folder, which may contain a
    // password.
    private static void Remove(string path)
    {
        foreach (var entry in new DirectoryInfo(path).GetFileSystemInfos().Where(e => e.Name != LockName))
        {
            if (entry is DirectoryInfo folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }

        File.Delete(Path.Combine(path, LockName));
        Directory.Delete(path);
    }
}
