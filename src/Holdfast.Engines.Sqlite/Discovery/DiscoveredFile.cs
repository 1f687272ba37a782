using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>A regular file under the directory, the working folder of a restore, or a path that cannot be inspected.</summary>
/// <param name="Name">Path relative to the directory, separated by <c>/</c>.</param>
/// <param name="Path">Full path, as shown to users.</param>
/// <param name="OpenPath">
/// Path to open it by, relative to the open folder that was listed. Valid until the enumeration moves on.
/// </param>
/// <param name="Status">Status from the file system; undefined if there is a problem.</param>
/// <param name="Problem">Why it cannot be inspected.</param>
internal readonly record struct DiscoveredFile(
    string Name,
    string Path,
    string OpenPath,
    FileStatus Status,
    HoldfastException? Problem = null
)
{
    /// <summary>The last component of the name.</summary>
    public string FileName => Name[(Name.LastIndexOf('/') + 1)..];
}
