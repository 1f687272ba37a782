namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// Creates files that only this user may read. Their share mode is also an advisory flock(2), which ends with the
/// process.
/// </summary>
internal static class PrivateFile
{
    /// <summary>Creates a file that must not exist yet, with mode 0600.</summary>
    public static FileStream Create(string path, FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        return new(path, options);
    }
}
