using Holdfast.Archive;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// A folder for small files that nobody else may read. It goes with its owner; what a killed one leaves is known by its
/// lock, which nobody holds.
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

    /// <summary>Where it is.</summary>
    public string FolderPath { get; }

    /// <summary>Makes one.</summary>
    public static PrivateFolder Create(string parent)
    {
        for (var i = 0; i < MaxAttempts; i++)
        {
            // Made by us and with a name that nobody can foresee; an existing one would be somebody's trap.
            var path = Path.Combine(parent, Prefix + Guid.NewGuid().ToString("n"));
            Directory.CreateDirectory(path, OwnerFolder);
            if (OwnerLock.TryAcquireNew(Path.Combine(path, LockName)) is { } held)
            {
                return new(path, held);
            }
            // Another run took it for a leftover before it was locked, and removed it.
        }

        throw new IOException($"No folder can be made in '{parent}': something removes it again and again.");
    }

    /// <summary>Removes those under <paramref name="parent"/> whose owners are gone.</summary>
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
                    continue; // one that is being made or removed
                }
                using var held = OwnerLock.TryAcquire(lockPath);
                if (held is not null)
                {
                    Remove(path);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just been removed, or is another user's.
            }
        }
    }

    /// <summary>Makes a file in it, for writing.</summary>
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
    /// <returns>Its path.</returns>
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

    // The lock goes behind what it stands for: without one nobody would remove what is left of a folder, a password above all.
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
