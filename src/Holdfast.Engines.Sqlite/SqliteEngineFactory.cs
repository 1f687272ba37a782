using Holdfast.Core.Errors;
using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Readers;

namespace Holdfast.Engines.Sqlite;

/// <summary>Creates sources that are directories of SQLite files. Only the configuration file and the command line can name them.</summary>
/// <param name="time">The clock.</param>
/// <param name="readers">Processes that read databases to which other users can write; null, the default, to read in this process.</param>
public sealed class SqliteEngineFactory(TimeProvider time, ReaderPool? readers = null) : EngineFactory
{
    private const int MaxIdentityLength = 200;

    /// <inheritdoc/>
    public override EngineKind Description { get; } =
        new()
        {
            Kind = SqliteEngine.Kind,
            Label = "SQLite",
            Summary = "A directory of SQLite databases, including encrypted ones, and the directories below it.",
            Features = new()
            {
                CanSnapshot = true,
                HasFiles = true,
                HasDatabaseKeys = true,
            },
            Configuration = new(
                "Add a directory of SQLite databases",
                "Directories can be added only in the configuration file of the server, `holdfast.json`, so that nobody can make the "
                    + "server read its own machine over the network. Add a line to `sources`, and restart the server:",
                """
                {
                  "sources": [
                    { "name": "shop", "engine": "sqlite", "path": "/srv/shop/data", "encrypted": ["*.enc.db"] }
                  ]
                }
                """
            )
            {
                Notes =
                    "Databases in directories below `path` are found too. Files of encrypted databases cannot be recognized by "
                    + "their header: name them in `encrypted`. The globs in `include` and `exclude` select databases by name.",
            },
        };

    /// <inheritdoc/>
    public override IDatabaseEngine CreateEngine() => new SqliteEngine(time, readers);

    /// <inheritdoc/>
    public override SourceConfig? Bind(SettingsSection settings)
    {
        var config = new SqliteSourceConfig
        {
            Path = settings.GetRequiredPath("path"),
            Encrypted = settings.GetStrings("encrypted"),
            Identity = settings.GetString("identity"),
        };
        if (settings.GetPath("spoolFolder") is { } spool)
        {
            config = config with { SpoolFolder = spool };
        }
        if (settings.GetNumber("maxWriterWaitSeconds", 0, 3600) is { } wait)
        {
            config = config with { MaxWriterWait = TimeSpan.FromSeconds(wait) };
        }
        if (
            config.Identity is { } identity
            && (identity.Length > MaxIdentityLength || identity.Any(char.IsControl) || identity.Trim() != identity)
        )
        {
            settings.Report("identity", $"must be 1 to {MaxIdentityLength} characters in one line, without space at its ends.");
        }
        return config.Path.Length > 0 ? config : null;
    }

    /// <inheritdoc/>
    public override bool Accepts(string location) => !location.Contains("://", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override SourceConfig Bind(SourceLocation location) =>
        new SqliteSourceConfig
        {
            Name = location.Name,
            Path = Path.GetFullPath(location.Location),
            Encrypted = location.Encrypted,
            Exclude = location.Exclude,
        };

    /// <inheritdoc/>
    public override (SourceConfig Source, string Database) BindTarget(SourceLocation location)
    {
        var full = Path.GetFullPath(location.Location);
        if (Path.Exists(full))
        {
            throw new HoldfastException(
                ErrorCatalog.TargetExists,
                $"'{full}' already exists.",
                "A restore always makes a new database: give another name."
            );
        }
        return Directory.Exists(Path.GetDirectoryName(full))
            ? (new SqliteSourceConfig { Path = Path.GetDirectoryName(full)! }, Path.GetFileName(full))
            : throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"The folder of '{full}' is not there.",
                "Make it first, or give another place."
            );
    }
}
