using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Commands.Administration;
using Holdfast.Cli.Commands.Backups;
using Holdfast.Cli.Commands.Tasks;
using Holdfast.Cli.Output;
using Holdfast.Cli.Processes;
using Holdfast.Core.Errors;

namespace Holdfast.Cli;

/// <summary>The <c>holdfast</c> command: defines its verbs, and is the only place that converts failures to exit codes.</summary>
public static class HoldfastCommand
{
    private const string Description = """
        Holdfast backs up every database of a server with one command, and restores any of them as a new database.

        Exit codes: 0 done · 1 done with errors · 2 usage · 3 not found · 4 key missing or wrong · 5 corrupt or incomplete ·
        6 target exists · 7 source unreadable or locked · 8 destination failed
        """;

    /// <summary>Runs the command line <paramref name="args"/> and returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var console = new CommandConsole(json: false);
        using var signals = new TerminationSignals();
        try
        {
            var root = new RootCommand(Description) { SharedOptions.Output };
            foreach (var verb in Verbs())
            {
                root.Add(verb);
            }
            var parsed = root.Parse(args);
            console = new CommandConsole(IsJson(parsed));
            if (parsed.Errors.Count > 0)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    string.Join(' ', parsed.Errors.Select(e => e.Message)),
                    "holdfast --help shows the verbs, holdfast VERB --help their options."
                );
            }

            // We handle signals ourselves: the library would end the process after two seconds, before everything is cleaned up.
            return await parsed.InvokeAsync(
                new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                signals.Token
            );
        }
        catch (Exception e)
        {
            return ReportFailure(e, console, signals);
        }
    }

    // This also works if another part of the command line is invalid.
    private static bool IsJson(ParseResult parsed) =>
        parsed.GetResult(SharedOptions.Output) is { } output
        && !output.Errors.Any()
        && output.GetValueOrDefault<OutputFormat>() == OutputFormat.Json;

    // The last catch: every failure has an exit code and, with --output json, one JSON document.
    private static int ReportFailure(Exception failure, CommandConsole console, TerminationSignals signals)
    {
        try
        {
            if (failure is OperationCanceledException && signals.Token.IsCancellationRequested)
            {
                console.WriteStopped(
                    failure is WaitCanceledException ? failure.Message : $"Stopped by {signals.Name}. Incomplete files have been removed."
                );
                return signals.ExitCode;
            }

            var known = failure as HoldfastException ?? Unexpected(failure);
            console.WriteFailure(known);
            return known.Error.ExitCode;
        }
        catch (IOException)
        {
            // Nobody reads the output any more; the exit code still reports the failure.
            return (failure as HoldfastException)?.Error.ExitCode ?? ErrorCatalog.Unexpected.ExitCode;
        }
    }

    private static HoldfastException Unexpected(Exception e) =>
        new(ErrorCatalog.Unexpected, $"Unexpected error: {e.GetType().Name}: {e.Message}", "Please report this, with the command line.", e);

    // In the order of the help: verbs that work on paths first, then those that need a server.
    private static IEnumerable<Command> Verbs() =>
        [
            DatabasesCommand.Create(),
            BackupCommand.Create(),
            PointsCommand.Create(),
            RestoreCommand.Create(),
            VerifyCommand.Create(),
            ExtractCommand.Create(),
            KeygenCommand.Create(),
            ChainCommand.Create(),
            ServeCommand.Create(),
            LoginCommand.Create(),
            LogoutCommand.Create(),
            RepairCommand.Create(),
            ServerWideCommand.Create(),
            TaskCommand.Create(),
            RunCommand.Create(),
            OperationCommand.Create(),
            DestinationCommand.Create(),
            CatalogCommand.Create(),
            SourceCommand.Create(),
            TokenCommand.Create(),
            AuditCommand.Create(),
            ServerCommand.Create(),
            ApplyCommand.Create(),
        ];
}
