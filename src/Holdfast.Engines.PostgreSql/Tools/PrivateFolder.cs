namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>A folder for small files that nobody else may read. It goes with its owner; what a killed one leaves is known by its lock, which nobody holds.</summary>
internal sealed class PrivateFolder : IDisposable
{
    private const string Prefix = "holdfast-postgresql-";
    private const string LockName = "lock";
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private PrivateFolder(string path)
    {
        FolderPath = path;
        _lock = Create(LockName);
    }

    /// <summary>Where it is.</summary>
    public string FolderPath { get; }

    /// <summary>Makes one.</summary>
    public static PrivateFolder Make(string parent)
    {
        // Made by us and with a name that nobody can foresee; an existing one would be somebody's trap.
        var path = Path.Combine(parent, Prefix + Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(path, OwnerFolder);
        return new(path);
    }

    /// <summary>Removes those under <paramref name="parent"/> whose owners are gone.</summary>
    public static void RemoveLeftovers(string parent)
    {
        if (!Directory.Exists(parent)) return;
        foreach (var path in Directory.GetDirectories(parent, Prefix + "*"))
        {
            try
            {
                var lockPath = Path.Combine(path, LockName);
                if (!File.Exists(lockPath)) continue; // one that is being made or removed
                using var held = new FileStream(lockPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                Directory.Delete(path, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its owner lives, or is another user.
            }
        }
    }

    /// <summary>Makes a file in it, for writing.</summary>
    public FileStream Create(string name) => new(
        Path.Combine(FolderPath, name),
        new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = name == LockName ? FileShare.None : FileShare.Read, UnixCreateMode = OwnerFile });

    /// <summary>Writes a small file.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        using var file = Create(name);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        return file.Name;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Delete(FolderPath, recursive: true);
        _lock.Dispose();
    }
}
