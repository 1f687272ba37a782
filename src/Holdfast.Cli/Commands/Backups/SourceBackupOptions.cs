using System.CommandLine;
using Holdfast.Archive.Age;
using Holdfast.Cli.Sources;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Node.Keys;

namespace Holdfast.Cli.Commands.Backups;

/// <summary>The options of <c>holdfast backup</c> that apply only to a source that the command opens itself.</summary>
internal sealed class SourceBackupOptions
{
    private readonly Option<string[]> _database = new("--database") { Description = "Only this database. Repeatable.", HelpName = "NAME" };
    private readonly Option<string[]> _databaseKey = new("--database-key")
    {
        Description =
            "Key of the encrypted databases whose names match GLOB. FILE holds a raw key in Base64 or hex, or a line "
            + "'passphrase: …'. Repeatable; the first match counts.",
        HelpName = "GLOB=FILE",
    };
    private readonly Option<string> _node = new("--node")
    {
        Description = "Node tag in folder names, 1 to 4 capital letters (default A).",
        HelpName = "TAG",
    };
    private readonly Option<string> _nodeKey = new("--node-key")
    {
        Description =
            "This node's own key, which opens the indexes that incrementals need; created on first use (default "
            + "$XDG_DATA_HOME/holdfast/node.key).",
        HelpName = "FILE",
    };
    private readonly Option<int?> _jobs = new("--jobs")
    {
        Description = "Number of small databases backed up at once (default 4 per core).",
        HelpName = "N",
    };

    /// <summary>How the source is read.</summary>
    public SourceOptions Access { get; } = new();

    /// <summary>All options.</summary>
    public IReadOnlyList<Option> All => [_database, .. Access.All, _databaseKey, _node, _nodeKey, _jobs];

    /// <summary>Whether only some databases of the source are backed up.</summary>
    public bool HasSelection(ParseResult parsed) => parsed.GetValue(_database) is [_, ..];

    /// <summary>Number of small databases that are backed up at once, at least 1; null for the default.</summary>
    /// <exception cref="HoldfastException">It is less than 1.</exception>
    public int? ReadJobs(ParseResult parsed) => parsed.GetValue(_jobs) is { } jobs ? SharedOptions.RequirePositive(jobs, "--jobs") : null;

    /// <summary>The tag of this node.</summary>
    /// <exception cref="HoldfastException">It is not a valid tag.</exception>
    public string ReadNode(ParseResult parsed)
    {
        var node = parsed.GetValue(_node) ?? "A";
        return ChainName.IsNodeTag(node)
            ? node
            : throw new HoldfastException(ErrorCatalog.Usage, $"'{node}' is not a valid node tag.", "Give 1 to 4 capital letters.");
    }

    /// <summary>This node's own key; created on first use.</summary>
    public AgeIdentity ReadNodeKey(ParseResult parsed) =>
        NodeKey.LoadOrCreate(parsed.GetValue(_nodeKey) ?? NodeKey.DefaultPath, TimeProvider.System);

    /// <summary>Reads the keys of encrypted databases: a function that returns the key of a database, or null.</summary>
    /// <exception cref="HoldfastException">An option is not <c>GLOB=FILE</c>, or a file cannot be read.</exception>
    public Func<DiscoveredDatabase, DatabaseKey?> ReadDatabaseKeys(ParseResult parsed)
    {
        var keys = new List<(NameGlobs Globs, DatabaseKey Key)>();
        foreach (var text in parsed.GetValue(_databaseKey) ?? [])
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"'{text}' is not GLOB=FILE.",
                    "For example --database-key 'hr/*.db=hr.key'."
                );
            }
            keys.Add((new([text[..equals]]), KeyFile.ReadDatabaseKey(text[(equals + 1)..])));
        }

        return database => keys.FirstOrDefault(k => k.Globs.Matches(database.Name)).Key;
    }

    /// <summary>Discovers the databases to back up: those that the options name, or all.</summary>
    /// <exception cref="HoldfastException">A named database does not exist, or the source has none.</exception>
    public async Task<IReadOnlyList<DiscoveredDatabase>> DiscoverAsync(
        ParseResult parsed,
        IDatabaseSource source,
        CancellationToken cancellationToken
    )
    {
        var wanted = parsed.GetValue(_database) ?? [];
        var found = new List<DiscoveredDatabase>();
        await foreach (var database in source.DiscoverAsync(cancellationToken))
        {
            found.Add(database);
        }
        foreach (var name in wanted.Where(w => found.TrueForAll(d => d.Name != w)))
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Database '{name}' is not in source '{source.Name}'.",
                "holdfast databases --source lists its databases; an encrypted SQLite database needs --encrypted."
            );
        }
        var databases = wanted.Length == 0 ? found : found.FindAll(d => wanted.Contains(d.Name, StringComparer.Ordinal));
        return databases.Count > 0
            ? databases
            : throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Source '{source.Name}' has no databases.",
                "Check the source; encrypted SQLite databases need --encrypted."
            );
    }
}
