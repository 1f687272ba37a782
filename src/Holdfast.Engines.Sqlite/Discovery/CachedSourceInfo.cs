using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Cached information about a source, and the directory that it was read from.</summary>
/// <param name="Root">Status of the root directory at that time.</param>
/// <param name="Info">What the source reported.</param>
internal sealed record CachedSourceInfo(FileStatus Root, SourceInfo Info)
{
    /// <summary>
    /// Whether <paramref name="root"/> is still the same directory. The creation time counts too: two disks that are
    /// mounted at the same path one after the other may have equal device and inode numbers.
    /// </summary>
    public bool IsSameRoot(FileStatus root) =>
        Root.Created != 0 && (root.Device, root.Inode, root.Created) == (Root.Device, Root.Inode, Root.Created);
}
