using System.CommandLine;
using Holdfast.Cli.Processes;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Engines.PostgreSql;
using Holdfast.Engines.Sqlite;

namespace Holdfast.Cli.Sources;

/// <summary>
/// A source as the command line names it: a directory of SQLite databases, or a PostgreSQL server. The one place of the
/// command that names an engine.
/// </summary>
/// <param name="Engine">Name of its engine.</param>
/// <param name="Source">The source, attached. Dispose it.</param>
internal sealed record CommandSource(string Engine, IDatabaseSource Source) : IAsyncDisposable
{
    /// <summary>All engines, for what needs no source.</summary>
    public static IReadOnlyCollection<IDatabaseEngine> Engines { get; } = [new SqliteEngine(TimeProvider.System), new PostgreSqlEngine()];

    /// <summary>The source that <c>[NAME=]DIR</c> or <c>[NAME=]postgresql://…</c> stands for.</summary>
    public static CommandSource Parse(string text, SourceOptions options, ParseResult parsed)
    {
        var (name, place) = SplitName(text);
        var exclude = options.GetExcluded(parsed);
        if (!PostgreSqlUrl.IsPostgreSqlUrl(place))
        {
            options.RejectServerOptions(parsed);
            return AttachSqlite(
                new()
                {
                    Name = name,
                    Path = Path.GetFullPath(place),
                    Encrypted = options.GetEncrypted(parsed),
                    Exclude = exclude,
                }
            );
        }

        options.RejectFileOptions(parsed);
        var url = PostgreSqlUrl.Parse(place, name);
        if (url.Database is not null)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"The address names the database '{url.Database}': a source is a whole server.",
                "Leave it out; --database NAME picks one."
            );
        }
        return AttachPostgreSql(url.Config with { Password = options.GetPassword(parsed), Exclude = exclude });
    }

    /// <summary>Where a restore goes: the source, and the name of the new database in it.</summary>
    public static (CommandSource Source, string Name) ParseTarget(
        string text,
        SourceOptions options,
        RestoreOptions restore,
        ParseResult parsed
    )
    {
        if (PostgreSqlUrl.IsPostgreSqlUrl(text))
        {
            var url = PostgreSqlUrl.Parse(text);
            var name = url.Database
                ?? throw new HoldfastException(
                    ErrorCatalogue.Usage,
                    "The address does not name the new database.",
                    "Write it at the end: postgresql://USER@HOST/NEWNAME."
                );
            return (
                AttachPostgreSql(url.Config with { Password = options.GetPassword(parsed), Restore = restore.ReadPostgreSql(parsed) }),
                name
            );
        }

        options.RejectServerOptions(parsed);
        restore.ReadFileRestore(parsed);
        var full = Path.GetFullPath(text);
        if (Path.Exists(full))
        {
            throw new HoldfastException(
                ErrorCatalogue.TargetExists,
                $"'{full}' exists already.",
                "A restore always makes a new database: give another name."
            );
        }
        if (!Directory.Exists(Path.GetDirectoryName(full)))
        {
            throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"The folder of '{full}' is not there.",
                "Make it first, or give another place."
            );
        }
        return (AttachSqlite(new() { Path = Path.GetDirectoryName(full)! }), Path.GetFileName(full));
    }

    /// <summary>Whether a target is one of this machine's own business, rather than a database's id at a server.</summary>
    public static bool IsServerUrl(string text) => PostgreSqlUrl.IsPostgreSqlUrl(text);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private static (string Name, string Place) SplitName(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && DatabaseId.IsSourceName(text[..equals]) ? (text[..equals], text[(equals + 1)..]) : ("local", text);
    }

    private static CommandSource AttachSqlite(SqliteSourceConfig config) =>
        Attach(new SqliteEngine(TimeProvider.System, SqliteReaderProcess.Pool), config);

    private static CommandSource AttachPostgreSql(PostgreSqlSourceConfig config) => Attach(new PostgreSqlEngine(), config);

    private static CommandSource Attach(IDatabaseEngine engine, SourceConfig config) => new(engine.Name, engine.Attach(config));
}
