namespace Holdfast.Destinations.Local;

/// <summary>What tells a file and its state from all others: while it is the same, the contents are.</summary>
/// <param name="Device">What it lies on.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="ChangedSeconds">When it was changed last.</param>
/// <param name="ChangedNanoseconds">The part of a second of that.</param>
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
