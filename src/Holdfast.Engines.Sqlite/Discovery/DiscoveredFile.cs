using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>A regular file under the directory, a folder there that a restore works in, or a place that cannot be looked at.</summary>
/// <param name="Name">Path relative to the directory, with <c>/</c>.</param>
/// <param name="Path">Whole path, as people know it.</param>
/// <param name="OpenPath">Path to open it by, from the folder that was listed: it leads there until the next file is asked for.</param>
/// <param name="Status">What the file system says of it; without meaning where there is a problem.</param>
/// <param name="Problem">Why it cannot be looked at.</param>
internal readonly record struct DiscoveredFile(
    string Name,
    string Path,
    string OpenPath,
    FileStatus Status,
    HoldfastException? Problem = null
)
{
    /// <summary>The last part of the name.</summary>
    public string FileName => Name[(Name.LastIndexOf('/') + 1)..];
}
