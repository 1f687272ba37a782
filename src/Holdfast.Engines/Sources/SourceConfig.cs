using Holdfast.Core.Cluster;

namespace Holdfast.Engines.Sources;

/// <summary>The configuration of a source: a database server or a directory of SQLite files. Each engine derives its own record.</summary>
public abstract record SourceConfig
{
    /// <summary>Name of a source that was given none.</summary>
    public const string DefaultName = "local";

    /// <summary>Name of the source; see <see cref="Core.Databases.DatabaseId.Source"/>. Default <c>local</c>.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>Globs of the names of databases to include; empty for all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Globs of the names of databases to exclude.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>
    /// What the source is to its databases, where they are replicated, as the operator declared it. Default primary. An
    /// engine that can find it out itself ignores it.
    /// </summary>
    public DatabaseRole Role { get; init; } = DatabaseRole.Primary;

    /// <summary>The folder of this machine that its databases lie in, and the setting that names it; null where there is none.</summary>
    public virtual (string Key, string Path)? Folder => null;
}
