using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;
using Holdfast.State.Embedded;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast server</c>: state, clock and alerts of the server.</summary>
internal static class ServerCommand
{
    public static Command Create() =>
        new Command("server", "State, clock and alerts of the server.")
        {
            BackupState(),
            ConfirmClock(),
            Alerts(),
            Acknowledge(),
        }.WithServerOptions();

    private static Command BackupState()
    {
        var data = new Option<string>("--data") { Description = "The data folder of a stopped server; needs --to.", HelpName = "DIR" };
        var target = new Option<string>("--to") { Description = "With --data: the new folder for the copy.", HelpName = "DIR" };
        var command = new Command(
            "backup-state",
            "Copy the state and the node key for a new server to continue from. A running server copies to its data folder. Needs an Admin."
        )
        {
            data,
            target,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                var path = (parsed.GetValue(data), parsed.GetValue(target)) switch
                {
                    ({ } folder, { } to) when !ServerConnectionOptions.IsServerGiven(parsed) => await CopyAsync(
                        folder,
                        to,
                        cancellationToken
                    ),
                    (null, null) => await RequestCopyAsync(parsed, cancellationToken),
                    _ => throw new HoldfastException(
                        ErrorCatalog.Usage,
                        "--data and --to must be used together, and not with --server.",
                        "Without them, a running server makes the copy in its data folder."
                    ),
                };
                console.WriteNote("The copy contains the key of the node: protect it like other secrets.");
                return ServerCommandExtensions.WriteResult(console, path, new() { ["path"] = path });
            }
        );
        return command;
    }

    private static Command ConfirmClock() =>
        new Command(
            "confirm-clock",
            "Confirm that the server's clock is right although it jumped: retention deletes expired chains again."
        ).SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                await api.Server.ConfirmClockAsync(cancellationToken);
                return ServerCommandExtensions.WriteResult(console, "The server's clock is confirmed.", new() { ["confirmed"] = true });
            }
        );

    private static Command Alerts() =>
        new Command("alerts", "List active alerts.").SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var alerts = await api.Alerts.ListAsync(cancellationToken: cancellationToken).ToListAsync(cancellationToken);
                ServerCommandExtensions.WriteList(console, alerts, "No alerts.", ["SEVERITY", "SINCE", "WHAT", "KEY"], a =>
                    [
                        (a.Severity.ToString(), a.Severity == AlertSeverity.Error ? "red" : null),
                        (DisplayFormat.Time(a.Since), null),
                        (a.Message, null),
                        (a.Key, null),
                    ]
                );
                return 0;
            }
        );

    private static Command Acknowledge()
    {
        var keys = new Argument<string[]>("KEY")
        {
            Description = "Keys of alerts about missing backups or changed restore roles.",
            Arity = ArgumentArity.OneOrMore,
        };
        return new Command(
            "acknowledge",
            "Acknowledge alerts about missing backups, or that a changed restore role has been corrected. The alerts then end."
        )
        {
            keys,
        }.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var (archives, alerts) = await api.Alerts.AcknowledgeAsync(
                    new() { Keys = parsed.GetRequiredValue(keys) },
                    cancellationToken
                );
                var of = archives > 0 ? $", of {archives} missing archives" : "";
                return ServerCommandExtensions.WriteResult(
                    console,
                    $"{alerts} {(alerts == 1 ? "alert is" : "alerts are")} acknowledged{of}.",
                    new() { ["alerts"] = alerts, ["archives"] = archives }
                );
            }
        );
    }

    private static Task<string> RequestCopyAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        ServerConnectionOptions.RunAsync(parsed, async api => (await api.Server.CopyStateAsync(cancellationToken)).Path);

    private static async Task<string> CopyAsync(string folder, string to, CancellationToken cancellationToken)
    {
        var data = new DataFolder(folder);
        if (!File.Exists(data.State))
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"There is no state in '{data.Root}'.",
                "Give the data folder of a server: --data as in holdfast serve."
            );
        }
        try
        {
            await using var store = await EmbeddedStateStore.OpenAsync(
                data.State,
                data.FindExistingStateFiles(),
                TimeProvider.System,
                cancellationToken
            );
            await StateCopyService.CreateAsync(data, store, to, cancellationToken);
            return Path.TrimEndingDirectorySeparator(Path.GetFullPath(to));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFailed,
                $"The copy cannot be written to '{to}': {e.Message}",
                "Check the path and the free space.",
                e
            );
        }
    }
}
