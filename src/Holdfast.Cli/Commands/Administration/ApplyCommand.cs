using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Errors;
using Holdfast.Server;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast apply</c>: destinations, server-wide backup tasks and regular tasks from one file.</summary>
internal static class ApplyCommand
{
    public static Command Create()
    {
        var file = JsonInput.CreateOption("Destinations, server-wide backups and tasks");
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would be created and changed." };
        var command = new Command(
            "apply",
            "Configure destinations, server-wide backup tasks and regular tasks from a file. Changes only what differs; deletes nothing."
        )
        {
            file,
            dryRun,
        }.WithServerOptions();
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                using var connection = ServerConnectionOptions.Connect(parsed);
                var read = ApplyFile.Parse(await JsonInput.ReadAsync(parsed.GetRequiredValue(file), cancellationToken));
                var applier = new ConfigurationApplier(connection, parsed.GetValue(dryRun));
                var console = SharedOptions.Console(parsed);
                return await connection.RunAsync(async api =>
                {
                    // A mistyped member must be found before anything is changed. A server of another version may know it:
                    // then the server decides, item by item.
                    if (read.UnknownMembers.Count > 0 && (await api.Server.GetAsync(cancellationToken)).Version == HoldfastServer.Version)
                    {
                        read.RejectUnknownMembers();
                    }
                    return await ApplyAsync(console, applier, read, parsed.GetValue(dryRun), cancellationToken);
                });
            }
        );
        return command;
    }

    private static async Task<int> ApplyAsync(
        CommandConsole console,
        ConfigurationApplier applier,
        ApplyFile file,
        bool dryRun,
        CancellationToken cancellationToken
    )
    {
        var done = new List<AppliedView>();
        await foreach (var item in applier.RunAsync(file, cancellationToken))
        {
            done.Add(item);
            console.WriteText(
                $"{item.Result, -9} {item.Kind} {item.Name}"
                    + $"{(item.Database is null ? "" : $" of {item.Database}")}{(item.Error is null ? "" : $": {item.Error.Message}")}"
            );
            if (item.Error?.Hint is { } hint)
            {
                console.WriteNote($"hint: {hint}");
            }
            ServerCommandExtensions.WriteKey(console, item.GeneratedKey);
        }

        if (console.IsJson)
        {
            CommandConsole.WriteJson(new(done), CliJson.Default.ItemsViewAppliedView);
        }
        else
        {
            console.WriteLine(
                $"{Count("created")} created, {Count("changed")} changed, {Count("unchanged")} unchanged, {Count("failed")} failed"
                    + (dryRun ? " (dry run: nothing was changed)" : "")
            );
        }
        return ExitCode(done);

        int Count(string result) => done.Count(d => d.Result == result);
    }

    // If all failed in the same way, the exit code of that failure; if only some failed, "done with errors".
    private static int ExitCode(List<AppliedView> done)
    {
        var codes = done.Where(d => d.Error is not null).Select(d => ErrorCatalog.Find(d.Error!.Code).ExitCode).Distinct().ToList();
        return codes.Count == 0 ? 0
            : codes.Count == 1 && done.TrueForAll(d => d.Error is not null) ? codes[0]
            : 1;
    }
}
