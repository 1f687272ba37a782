using System.CommandLine;
using Holdfast.Cli.Running;
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
        var (name, place) = Named(text);
        var exclude = options.ExcludedIn(parsed);
        if (!PostgreSqlUrl.IsOne(place))
        {
            options.RefuseOfServers(parsed);
            return Sqlite(
                new()
                {
                    Name = name,
                    Path = Path.GetFullPath(place),
                    Encrypted = options.EncryptedIn(parsed),
                    Exclude = exclude,
                }
            );
        }

        options.RefuseOfFiles(parsed);
        var url = PostgreSqlUrl.Parse(place, name);
        if (url.Database is not null)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"The address names the database '{url.Database}': a source is a whole server.",
                "Leave it out; --database NAME picks one."
            );
        }
        return PostgreSql(url.Config with { Password = options.PasswordOf(parsed), Exclude = exclude });
    }

    /// <summary>Where a restore goes: the source, and the name of the new database in it.</summary>
    public static (CommandSource Source, string Name) ParseTarget(
        string text,
        SourceOptions options,
        RestoreOptions restore,
        ParseResult parsed
    )
    {
        if (PostgreSqlUrl.IsOne(text))
        {
            var url = PostgreSqlUrl.Parse(text);
            var name = url.Database
                ?? throw new HoldfastException(
                    ErrorCatalogue.Usage,
                    "The address does not name the new database.",
                    "Write it at the end: postgresql://USER@HOST/NEWNAME."
                );
            return (PostgreSql(url.Config with { Password = options.PasswordOf(parsed), Restore = restore.Read(parsed) }), name);
        }

        options.RefuseOfServers(parsed);
        restore.ReadOfFile(parsed);
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
        return (Sqlite(new() { Path = Path.GetDirectoryName(full)! }), Path.GetFileName(full));
    }

    /// <summary>Whether a target is one of this machine's own business, rather than a database's id at a server.</summary>
    public static bool IsAddress(string text) => PostgreSqlUrl.IsOne(text);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private static (string Name, string Place) Named(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && DatabaseId.IsSourceName(text[..equals]) ? (text[..equals], text[(equals + 1)..]) : ("local", text);
    }

    private static CommandSource Sqlite(SqliteSourceConfig config) =>
        Of(new SqliteEngine(TimeProvider.System, ProgramReaders.Pool), config);

    private static CommandSource PostgreSql(PostgreSqlSourceConfig config) => Of(new PostgreSqlEngine(), config);

    private static CommandSource Of(IDatabaseEngine engine, SourceConfig config) => new(engine.Name, engine.Attach(config));
}
