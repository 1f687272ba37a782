namespace Holdfast.Destinations.Local;

/// <summary>Identifies a file and its version: while the stamp is unchanged, so are the contents.</summary>
/// <param name="Device">The file system that holds the file.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="ChangedSeconds">Time of the last change, in seconds.</param>
/// <param name="ChangedNanoseconds">Nanoseconds of that time.</param>
/// <param name="IsFile">Whether it is a regular file.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
internal sealed record FileStamp(
    DeviceStamp Device,
    ulong Inode,
    ulong Size,
    long ChangedSeconds,
    uint ChangedNanoseconds,
    bool IsFile,
    bool IsFolder
);
