using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Api.Tasks;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Sources;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Limits;
using Holdfast.Engines;
using Holdfast.Node.Backups;
using Holdfast.Node.Destinations;
using Holdfast.Node.Keys;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast backup</c>: every database of a source, one chain each; or databases of a server, as their tasks say.</summary>
internal sealed class BackupCommand
{
    private readonly Argument<string[]> _ids = new("DATABASE")
    {
        Description = "Server mode: ids of databases, SOURCE/NAME, to back up by their tasks.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly Option<string> _source = SharedOptions.Source();
    private readonly Option<string> _to = new("--to")
    {
        Description =
            "Root folder for the archives; created if its parent exists. Server mode: name of a destination, "
            + "for a one-time full backup without a task.",
        HelpName = "DIR|NAME",
    };
    private readonly Option<BackupType> _type = new("--type")
    {
        Description = "backup: logical, a script that recreates the database (default). snapshot: an image of its pages.",
        HelpName = "backup|snapshot",
    };
    private readonly Option<BackupKind> _kind = new("--kind")
    {
        Description =
            "full (default) starts a new chain. incremental stores changes; without a chain to build on it becomes "
            + "full, and reports why.",
        HelpName = "full|incremental",
    };
    private readonly Option<string[]> _database = new("--database") { Description = "Only this database. Repeatable.", HelpName = "NAME" };
    private readonly SourceOptions _access = new();
    private readonly Option<string[]> _recipient = new("--recipient")
    {
        Description = "Encrypt to this public key. Repeatable.",
        HelpName = "age1…",
    };
    private readonly Option<string> _keyFile = new("--key-file")
    {
        Description = "Encrypt to the keys in FILE (holdfast keygen, age-keygen).",
        HelpName = "FILE",
    };
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
    private readonly Option<string> _template = new("--template")
    {
        Description = "Server mode: all databases of this server-wide backup task.",
        HelpName = "NAME",
    };
    private readonly Option<string> _task = new("--task")
    {
        Description = "Server mode: use this task of the database (default: all enabled tasks).",
        HelpName = "TASK",
    };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Server mode: do not wait for completion." };

    private BackupCommand() { }

    public static Command Create()
    {
        var backup = new BackupCommand();
        var command = new Command(
            "backup",
            "Back up every database of a source, one chain each; or databases of a server, by their tasks. A database that "
                + "fails does not stop the others."
        )
        {
            backup._ids,
            backup._source,
            backup._to,
            backup._type,
            backup._kind,
            backup._database,
            backup._access.Exclude,
            backup._access.Encrypted,
            backup._access.PasswordFile,
            backup._access.AskPassword,
            backup._recipient,
            backup._keyFile,
            backup._databaseKey,
            backup._node,
            backup._nodeKey,
            backup._jobs,
            backup._template,
            backup._task,
            backup._noWait,
        }.WithServerOptions();
        command.SetAction(backup.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var console = SharedOptions.Console(parsed);
        if (parsed.GetValue(_source) is null)
        {
            return await RunOnServerAsync(parsed, console, cancellationToken);
        }
        SharedOptions.RejectOptions(
            parsed,
            "with --source",
            _template,
            _task,
            _noWait,
            ServerConnectionOptions.Server,
            ServerConnectionOptions.TokenFile
        );
        if (parsed.GetValue(_ids) is [var surplus, ..])
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{surplus}' has no meaning with --source.",
                "--database NAME picks one database of a source."
            );
        }
        if (parsed.GetValue(_to) is null)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                "Option '--to' is required.",
                "--to DIR is the root folder for the archives."
            );
        }
        var options = Options(parsed);
        var jobs = parsed.GetValue(_jobs);
        if (jobs is < 1)
        {
            throw new HoldfastException(ErrorCatalogue.Usage, $"--jobs {jobs} is less than 1.", "Give 1 or more, or leave it out.");
        }
        var databaseKeys = DatabaseKeys(parsed);
        await using var named = CommandSource.Parse(parsed.GetRequiredValue(_source), _access, parsed);
        var source = named.Source;
        await RemoveLeftoversAsync(source, cancellationToken);
        var databases = await DiscoverAsync(source, parsed.GetValue(_database) ?? [], cancellationToken);
        var to = parsed.GetRequiredValue(_to);
        await using var destination = await GuardedDestinationOpener.OpenFolderAsync(
            Drivers.Paths,
            SharedOptions.CreateCallLimiter(to),
            to,
            create: true,
            cancellationToken
        );
        await RestoreInstructions.EnsureAsync(destination, cancellationToken);
        var started = TimeProvider.System.GetTimestamp();
        var sweep = new BackupBatch(new DatabaseBackup(named.Engine, source, [destination], options, TimeProvider.System), jobs);
        var outcomes = await BackupReport.WatchAsync(console, databases.Count, progress =>
            sweep.RunAsync(databases, KeyOf, progress, cancellationToken)
        );
        BackupReport.Write(
            console,
            destination.Name,
            outcomes,
            TimeProvider.System.GetElapsedTime(started),
            parsed.GetValue(_database) is [_, ..] ? null : source.SkippedFiles
        );
        return ExitCode(outcomes);

        DatabaseKey? KeyOf(DiscoveredDatabase database) => databaseKeys.FirstOrDefault(k => k.Globs.Matches(database.Name)).Key;
    }

    // Of restores that were killed. A source that is down, and a folder that is closed to us, show where they are needed.
    private static async Task RemoveLeftoversAsync(IDatabaseSource source, CancellationToken cancellationToken)
    {
        try
        {
            await source.RemoveLeftoversAsync(cancellationToken);
        }
        catch (Exception e) when (e is HoldfastException or IOException or UnauthorizedAccessException)
        {
            // They are left to the next one.
        }
    }

    private async Task<int> RunOnServerAsync(ParseResult parsed, CommandConsole console, CancellationToken cancellationToken)
    {
        var (ids, template, to) = (parsed.GetValue(_ids) ?? [], parsed.GetValue(_template), parsed.GetValue(_to));
        SharedOptions.RejectOptions(
            parsed,
            "without --source",
            _database,
            _access.Exclude,
            _access.Encrypted,
            _access.PasswordFile,
            _access.AskPassword,
            _databaseKey,
            _node,
            _nodeKey,
            _jobs
        );
        if (ids.Length == 0 == template is null)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                "Which databases? A source, ids of databases, or a server-wide backup task is needed, and one of them.",
                "--source DIR --to DIR for a directory; DATABASE… or --template NAME for a server."
            );
        }
        if (to is null)
        {
            SharedOptions.RejectOptions(parsed, "where a task says it", _type, _recipient, _keyFile);
        }
        else
        {
            SharedOptions.RejectOptions(parsed, "with --to, which makes a one-time full backup", _template, _task, _kind);
        }
        if (template is not null)
        {
            SharedOptions.RejectOptions(parsed, "with --template", _task);
        }
        var recipients = to is null ? [] : Recipients(parsed, out _).ConvertAll(r => r.ToString());
        return await ServerConnectionOptions.RunAsync(parsed, async api =>
        {
            var (starter, kind) = (new BackupStarter(api), parsed.GetValue(_kind));
            var oneTime = to is null
                ? null
                : new OneTimeBackupRequest
                {
                    Type = parsed.GetValue(_type),
                    Destinations = [to],
                    Recipients = recipients,
                };
            var started =
                template is not null ? await starter.StartForTemplateAsync(template, kind, cancellationToken)
                : oneTime is not null ? await starter.StartOneTimeAsync(ids, oneTime, cancellationToken)
                : await starter.StartForDatabasesAsync(ids, parsed.GetValue(_task), kind, cancellationToken);
            return parsed.GetValue(_noWait)
                ? WriteStarted(console, started)
                : OperationReport.WriteOutcome(console, await new OperationWatcher(api, console).WaitAsync(started, cancellationToken));
        });
    }

    private static int WriteStarted(CommandConsole console, IReadOnlyList<string> operations)
    {
        foreach (var id in operations.SkipLast(1))
        {
            console.WriteLine(id);
        }
        return ServerCommandExtensions.WriteResult(
            console,
            operations.Count == 0 ? "No databases." : operations[^1],
            new() { ["operationIds"] = new JsonArray([.. operations.Select(i => (JsonNode)i)]) }
        );
    }

    // One kind of failure for all is that failure; some done and some not is "done with errors".
    private static int ExitCode(IReadOnlyList<BackupOutcome> outcomes)
    {
        if (!outcomes.Any(o => o.Error is not null))
        {
            return 0;
        }
        var codes = outcomes.Select(o => o.State == BackupState.Failed ? o.Error!.Error.ExitCode : 1).Distinct().ToList();
        return outcomes.All(o => o.State == BackupState.Failed) && codes.Count == 1 ? codes[0] : 1;
    }

    private static async Task<IReadOnlyList<DiscoveredDatabase>> DiscoverAsync(
        IDatabaseSource source,
        string[] wanted,
        CancellationToken cancellationToken
    )
    {
        var found = new List<DiscoveredDatabase>();
        await foreach (var database in source.DiscoverAsync(cancellationToken))
        {
            found.Add(database);
        }
        foreach (var name in wanted.Where(w => found.TrueForAll(d => d.Name != w)))
        {
            throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"Database '{name}' is not in source '{source.Name}'.",
                "holdfast databases --source lists what is there; an encrypted one of SQLite needs --encrypted."
            );
        }
        var databases = wanted.Length == 0 ? found : found.FindAll(d => wanted.Contains(d.Name, StringComparer.Ordinal));
        return databases.Count > 0
            ? databases
            : throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"No database is found in source '{source.Name}'.",
                "Check the source; encrypted databases of SQLite need --encrypted."
            );
    }

    private BackupOptions Options(ParseResult parsed)
    {
        var node = parsed.GetValue(_node) ?? "A";
        if (!ChainName.IsNodeTag(node))
        {
            throw new HoldfastException(ErrorCatalogue.Usage, $"'{node}' is not a node's tag.", "Give 1 to 4 capitals.");
        }
        var recipients = Recipients(parsed, out var keys);
        return new()
        {
            Type = parsed.GetValue(_type),
            Kind = parsed.GetValue(_kind),
            Node = node,
            NodeKey = NodeKey.LoadOrCreate(parsed.GetValue(_nodeKey) ?? NodeKey.DefaultPath, TimeProvider.System),
            Encryption = recipients.Count == 0 ? null : AgeProtection.ToRecipients(recipients),
            EncryptSnapshots = true, // who names a recipient for this very run wants it used: docs/decisions/0003
            IndexKeys = keys,
        };
    }

    private List<AgeRecipient> Recipients(ParseResult parsed, out AgeKeys keys)
    {
        keys = parsed.GetValue(_keyFile) is { } file ? KeyFile.Read(file) : AgeKeys.None;
        var recipients = (parsed.GetValue(_recipient) ?? [])
            .Select(AgeRecipient.Parse)
            .Concat(keys.Identities.Select(k => k.Recipient))
            .ToList();
        return recipients.Count > 0 || keys.IsEmpty
            ? recipients
            : throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{parsed.GetValue(_keyFile)}' holds a passphrase.",
                "Archives are encrypted to keys; a passphrase is for databases that have one (--database-key)."
            );
    }

    private List<(NameGlobs Globs, DatabaseKey Key)> DatabaseKeys(ParseResult parsed)
    {
        var keys = new List<(NameGlobs, DatabaseKey)>();
        foreach (var text in parsed.GetValue(_databaseKey) ?? [])
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new HoldfastException(
                    ErrorCatalogue.Usage,
                    $"'{text}' is not GLOB=FILE.",
                    "For example --database-key 'hr/*.db=hr.key'."
                );
            }
            keys.Add((new([text[..equals]]), KeyFile.ReadDatabaseKey(text[(equals + 1)..])));
        }

        return keys;
    }
}
