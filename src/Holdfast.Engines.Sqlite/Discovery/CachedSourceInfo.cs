using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>What a source has said of itself, and the directory that said it.</summary>
/// <param name="Root">The root of the source then.</param>
/// <param name="Info">What it said.</param>
internal sealed record CachedSourceInfo(FileStatus Root, SourceInfo Info)
{
    /// <summary>
    /// Whether a directory is that one still. When it was made counts too: of two disks that are mounted one after the
    /// other at one place, device and inode
    /// may be the same.
    /// </summary>
    public bool IsSameRoot(FileStatus root) =>
        Root.Created != 0 && (root.Device, root.Inode, root.Created) == (Root.Device, Root.Inode, Root.Created);
}
