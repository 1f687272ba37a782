using Holdfast.Core.Cluster;

namespace Holdfast.Engines.Sources;

/// <summary>Description of a source.</summary>
/// <param name="Identity">
/// Identity of the source, which distinguishes sources with the same name: the system identifier of PostgreSQL, or the id file of a
/// directory. Null if it has none yet.
/// </param>
/// <param name="Version">Version of the database software.</param>
/// <param name="Role">Whether it is a primary or a replica.</param>
public sealed record SourceInfo(string? Identity, string Version, DatabaseRole Role)
{
    /// <summary>
    /// Location of the source: file system and inode of a directory. A weak substitute for a missing <see cref="Identity"/>, because it
    /// changes when the directory is moved. Null if the engine has no locations.
    /// </summary>
    public string? Location { get; init; }
}
