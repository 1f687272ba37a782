using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast apply</c>: destinations, server-wide backup tasks and regular tasks from one file.</summary>
internal static class ApplyCommand
{
    public static Command Create()
    {
        var file = JsonInput.CreateOption("Destinations, server-wide backups and tasks");
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell what would be created and changed." };
        return new Command(
            "apply",
            "Make destinations, server-wide backup tasks and regular tasks as a file says. Changes only what differs; deletes nothing."
        )
        {
            file,
            dryRun,
        }
            .WithServerOptions()
            .SetServerAction(
                async (parsed, api, console, cancellationToken) =>
                {
                    var read = ApplyFile.Parse(await JsonInput.ReadAsync(parsed.GetRequiredValue(file), cancellationToken));
                    var dry = parsed.GetValue(dryRun);
                    var done = new List<AppliedView>();
                    await foreach (var item in new ConfigurationApplier(api, dry).RunAsync(read, cancellationToken))
                    {
                        done.Add(item);
                        console.WriteText(
                            $"{item.Result, -9} {item.Kind} "
                                + $"{item.Name}{(item.Database is null ? "" : $" of {item.Database}")}{(item.Error is null ? "" : $": {item.Error.Message}")}"
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
                            $"{done.Count(d => d.Result == "created")} created, {done.Count(d => d.Result == "changed")} "
                                + $"changed, {done.Count(d => d.Result == "unchanged")} unchanged, "
                                + $"{done.Count(d => d.Error is not null)} failed{(dry ? " (dry run: nothing was done)" : "")}"
                        );
                    }
                    var codes = done.Where(d => d.Error is not null)
                        .Select(d => ErrorCatalogue.Find(d.Error!.Code).ExitCode)
                        .Distinct()
                        .ToList();
                    return codes.Count == 0 ? 0
                        : codes.Count == 1 && done.TrueForAll(d => d.Error is not null) ? codes[0]
                        : 1;
                }
            );
    }
}
