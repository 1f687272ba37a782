using System.CommandLine;
using Holdfast.Api.Tasks;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Locations;
using Holdfast.Cli.Output;
using Holdfast.Cli.Sources;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;
using Holdfast.Node.Destinations;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast backup</c>: backs up every database of a source, one chain each, or databases of a server by their tasks.</summary>
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
            "Root folder for the archives; created if its parent exists. Or a URL such as "
            + $"{LocationOptions.UrlExamples}. Server mode: name of a destination, for a one-time full backup without a task.",
        HelpName = "DIR|URL|NAME",
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
    private readonly EncryptionOptions _encryption = new();
    private readonly SourceBackupOptions _sourceOptions = new();
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
            LocationOptions.SettingsFile,
            backup._type,
            backup._kind,
            backup._encryption.All,
            backup._sourceOptions.All,
            backup._template,
            backup._task,
            backup._noWait,
        }.WithServerOptions();
        command.SetAction(
            (parsed, cancellationToken) =>
                parsed.GetValue(backup._source) is { } source
                    ? backup.RunOnSourceAsync(parsed, source, cancellationToken)
                    : backup.RunOnServerAsync(parsed, cancellationToken)
        );
        return command;
    }

    private async Task<int> RunOnSourceAsync(ParseResult parsed, string location, CancellationToken cancellationToken)
    {
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
                ErrorCatalog.Usage,
                $"'{surplus}' has no meaning with --source.",
                "--database NAME selects one database of a source."
            );
        }
        if (parsed.GetValue(_to) is not { } to)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                "Option '--to' is required.",
                "--to DIR is the root folder for the archives, --to URL a destination elsewhere."
            );
        }
        var options = ReadOptions(parsed);
        var jobs = _sourceOptions.ReadJobs(parsed);
        var findKey = _sourceOptions.ReadDatabaseKeys(parsed);
        await using var named = CommandSource.Parse(location, _sourceOptions.Access, parsed);
        var source = named.Source;
        await RemoveLeftoversAsync(source, cancellationToken);
        var databases = await _sourceOptions.DiscoverAsync(parsed, source, cancellationToken);
        await using var destination = await LocationOptions.OpenRootAsync(parsed, to, cancellationToken);
        await RestoreInstructions.EnsureAsync(destination, cancellationToken);
        var started = TimeProvider.System.GetTimestamp();
        var batch = new BackupBatch(
            new DatabaseBackup(named.Engine, source, [destination], options, OutputResources.Create(), TimeProvider.System),
            jobs
        );
        var console = SharedOptions.Console(parsed);
        var outcomes = await BackupReport.WatchAsync(console, databases.Count, progress =>
            batch.RunAsync(databases, findKey, progress, cancellationToken)
        );
        BackupReport.Write(
            console,
            destination.Name,
            outcomes,
            TimeProvider.System.GetElapsedTime(started),
            _sourceOptions.HasSelection(parsed) ? null : source.SkippedFiles
        );
        return GetExitCode(outcomes);
    }

    private async Task<int> RunOnServerAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (ids, template, to) = (parsed.GetValue(_ids) ?? [], parsed.GetValue(_template), parsed.GetValue(_to));
        SharedOptions.RejectOptions(parsed, "without --source", [.. _sourceOptions.All, LocationOptions.SettingsFile]);
        if (ids.Length == 0 == template is null)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                "Which databases? Give exactly one of: a source, ids of databases, a server-wide backup task.",
                "--source DIR --to DIR for a directory; DATABASE… or --template NAME for a server."
            );
        }
        if (to is null)
        {
            SharedOptions.RejectOptions(parsed, "where a task defines it", [_type, .. _encryption.All]);
        }
        else
        {
            SharedOptions.RejectOptions(parsed, "with --to, which makes a one-time full backup", _template, _task, _kind);
        }
        if (template is not null)
        {
            SharedOptions.RejectOptions(parsed, "with --template", _task);
        }
        var oneTime = to is null ? null : ReadOneTimeRequest(parsed, to);
        var console = SharedOptions.Console(parsed);
        return await ServerConnectionOptions.RunAsync(parsed, async api =>
        {
            var (starter, kind) = (new BackupStarter(api), parsed.GetValue(_kind));
            var started =
                template is not null ? await starter.StartForTemplateAsync(template, kind, cancellationToken)
                : oneTime is not null ? await starter.StartOneTimeAsync(ids, oneTime, cancellationToken)
                : await starter.StartForDatabasesAsync(ids, parsed.GetValue(_task), kind, cancellationToken);
            return parsed.GetValue(_noWait)
                ? OperationReport.WriteStarted(console, started)
                : OperationReport.WriteOutcome(console, await new OperationWatcher(api, console).WaitAsync(started, cancellationToken));
        });
    }

    // Leftovers of killed restores. If the source cannot be reached or written to, a step that needs it reports that.
    private static async Task RemoveLeftoversAsync(IDatabaseSource source, CancellationToken cancellationToken)
    {
        try
        {
            await source.RemoveLeftoversAsync(cancellationToken);
        }
        catch (Exception e) when (e is HoldfastException or IOException or UnauthorizedAccessException)
        {
            // The next backup tries again.
        }
    }

    // If all backups failed in the same way, the exit code is that of the failure; otherwise it is 1, "done with errors".
    private static int GetExitCode(IReadOnlyList<BackupOutcome> outcomes)
    {
        if (!outcomes.Any(o => o.Error is not null))
        {
            return 0;
        }
        var codes = outcomes.Select(o => o.State == BackupState.Failed ? o.Error!.Error.ExitCode : 1).Distinct().ToList();
        return outcomes.All(o => o.State == BackupState.Failed) && codes.Count == 1 ? codes[0] : 1;
    }

    private BackupOptions ReadOptions(ParseResult parsed)
    {
        var node = _sourceOptions.ReadNode(parsed);
        var (recipients, keys) = _encryption.Read(parsed);
        return new()
        {
            Type = parsed.GetValue(_type),
            Kind = parsed.GetValue(_kind),
            Node = node,
            NodeKey = _sourceOptions.ReadNodeKey(parsed),
            Encryption = recipients.Count == 0 ? null : AgeProtection.ToRecipients(recipients),
            EncryptSnapshots = true, // a recipient that is given for this backup is always used: docs/decisions/0003
            IndexKeys = keys,
        };
    }

    private OneTimeBackupRequest ReadOneTimeRequest(ParseResult parsed, string destination) =>
        new()
        {
            Type = parsed.GetValue(_type),
            Destinations = [destination],
            Recipients = [.. _encryption.Read(parsed).Recipients.Select(r => r.ToString())],
        };
}
