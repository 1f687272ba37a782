using Holdfast.Engines.PostgreSql.Tools;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines.PostgreSql;

/// <summary>The engine for PostgreSQL databases: those of one server, or of a primary and its standbys.</summary>
public sealed class PostgreSqlEngine : IDatabaseEngine
{
    /// <summary>Its kind, in configuration, archives and API.</summary>
    internal const string Kind = "postgresql";

    /// <inheritdoc/>
    public string Name => Kind;

    /// <inheritdoc/>
    public IDatabaseSource Attach(SourceConfig config) =>
        config is PostgreSqlSourceConfig postgreSql
            ? new PostgreSqlSource(postgreSql, ToolFinder.ForLocalMachine(postgreSql.ToolFolders))
            : throw new ArgumentException($"A {config.GetType().Name} is not for PostgreSQL.", nameof(config));
}
