using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;
using Holdfast.State.Embedded;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast server</c>: what keeps the server itself.</summary>
internal static class ServerCommand
{
    public static Command Create() =>
        new Command("server", "The server's own state.") { BackupState(), ConfirmClock(), Alerts(), Acknowledge() }.WithServerOptions();

    private static Command BackupState()
    {
        var data = new Option<string>("--data")
        {
            Description = "The data folder of a server that does not run; needs --to.",
            HelpName = "DIR",
        };
        var target = new Option<string>("--to") { Description = "With --data: the new folder for the copy.", HelpName = "DIR" };
        var command = new Command(
            "backup-state",
            "Make a copy of state and node key that a new server can go on with: at a server, in its data folder; needs an Admin."
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
                        ErrorCatalogue.Usage,
                        "--data and --to belong together, and to no --server.",
                        "Without them a running server makes the copy, in its data folder."
                    ),
                };
                console.WriteNote("The copy holds the node's key: keep it as you keep secrets.");
                return ServerCommandExtensions.WriteResult(console, path, new() { ["path"] = path });
            }
        );
        return command;
    }

    private static Command ConfirmClock() =>
        new Command(
            "confirm-clock",
            "Say that the server's clock is right, though it jumped: retention deletes again what is past its time."
        ).SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                await api.SendAsync(HttpMethod.Post, "server/clock/confirm", null, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, "The server's clock is confirmed.", new() { ["confirmed"] = true });
            }
        );

    private static Command Alerts() =>
        new Command("alerts", "List what is not as it should be.").SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var alerts = await api.ListAsync("alerts", cancellationToken);
                ServerCommandExtensions.WriteList(console, alerts, "No alert stands.", ["SEVERITY", "SINCE", "WHAT", "KEY"], a =>
                    [
                        (a.GetText("severity"), a.GetText("severity") == "Error" ? "red" : null),
                        (a.GetTime("since"), null),
                        (a.GetText("message"), null),
                        (a.GetText("key"), null),
                    ]
                );
                return 0;
            }
        );

    private static Command Acknowledge()
    {
        var keys = new Argument<string[]>("KEY")
        {
            Description = "Keys of alerts of missing backups, or of roles that were changed.",
            Arity = ArgumentArity.OneOrMore,
        };
        return new Command(
            "acknowledge",
            "Take note of backups that are missing, or say that the role that runs restores is as it should be again: their "
                + "alerts stand no longer."
        )
        {
            keys,
        }.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var answer = await api.PostAsync(
                    "alerts/acknowledge",
                    new JsonObject { ["keys"] = new JsonArray([.. parsed.GetRequiredValue(keys).Select(k => (JsonNode)k)]) },
                    cancellationToken
                );
                var (alerts, archives) = (answer.GetNumber("alerts"), answer.GetNumber("archives"));
                var of = archives > 0 ? $", of {archives} missing archives" : "";
                return ServerCommandExtensions.WriteResult(
                    console,
                    $"{alerts} {(alerts == 1 ? "alert is" : "alerts are")} acknowledged{of}.",
                    new() { ["alerts"] = alerts, ["archives"] = archives }
                );
            }
        );
    }

    private static async Task<string> RequestCopyAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var api = ServerConnectionOptions.Connect(parsed);
        return (await api.PostAsync("server/state-copies", null, cancellationToken)).GetText("path");
    }

    private static async Task<string> CopyAsync(string folder, string to, CancellationToken cancellationToken)
    {
        var data = new DataFolder(folder);
        if (!File.Exists(data.State))
        {
            throw new HoldfastException(
                ErrorCatalogue.NotFound,
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
                ErrorCatalogue.DestinationFailed,
                $"The copy cannot be written to '{to}': {e.Message}",
                "Check its path, and whether there is room.",
                e
            );
        }
    }
}
