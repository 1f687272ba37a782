using Holdfast.Core.Cluster;

namespace Holdfast.Engines;

/// <summary>What a source says of itself.</summary>
/// <param name="Identity">
/// Tells sources apart that have the same name: PostgreSQL's system identifier, or the id file of a directory. Null
/// where there is none yet.
/// </param>
/// <param name="Version">Version of the database software.</param>
/// <param name="Role">Whether it takes writes or follows.</param>
public sealed record SourceInfo(string? Identity, string Version, DatabaseRole Role)
{
    /// <summary>
    /// Where the source lies, as the system tells it: file system and inode of a directory. It stands in for
    /// <see cref="Identity"/> where there is none,
    /// weakly, for it changes when the directory is moved. Null where the engine has no such thing.
    /// </summary>
    public string? Location { get; init; }
}
