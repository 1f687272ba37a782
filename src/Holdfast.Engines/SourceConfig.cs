namespace Holdfast.Engines;

/// <summary>The configuration of a source: a database server or a directory of SQLite files. Each engine derives its own record.</summary>
public abstract record SourceConfig
{
    /// <summary>Name of the source; see <see cref="Core.Databases.DatabaseId.Source"/>. Default <c>local</c>.</summary>
    public string Name { get; init; } = "local";

    /// <summary>Globs of the names of databases to include; empty for all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Globs of the names of databases to exclude.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];
}
