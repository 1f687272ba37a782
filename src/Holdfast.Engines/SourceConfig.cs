namespace Holdfast.Engines;

/// <summary>A database server, or a directory of SQLite files, as the operator wrote it. Each engine has its own kind.</summary>
public abstract record SourceConfig
{
    /// <summary>Name of the source; see <see cref="Core.Databases.DatabaseId.Source"/>. Default <c>local</c>.</summary>
    public string Name { get; init; } = "local";

    /// <summary>Globs of the names of databases that count; empty means all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Globs of the names of databases that do not count.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];
}
