using System.CommandLine;
using System.Globalization;
using Holdfast.Api.Destinations;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Operations;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast catalog</c>: what the server knows about its archives.</summary>
internal static class CatalogCommand
{
    public static Command Create() => new Command("catalog", "The server's catalog of its archives.") { Rebuild() }.WithServerOptions();

    private static Command Rebuild()
    {
        var keys = new KeyOptions();
        var command = new Command("rebuild", "Rebuild the catalog from a destination, after the server's data folder was lost.");
        var name = command.AddArgument("DESTINATION", "Name of the destination.");
        var noWait = new Option<bool>("--no-wait") { Description = "Do not wait for completion." };
        command.Add(keys.Files);
        command.Add(noWait);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var request = new CatalogRebuildRequest { Keys = SharedOptions.ToRequest(keys.Read(parsed)) };
                var started = await api.Destinations.RebuildCatalogAsync(parsed.GetRequiredValue(name), request, cancellationToken);
                if (parsed.GetValue(noWait))
                {
                    return OperationReport.WriteStarted(console, [started.OperationId]);
                }
                var ended = await new OperationWatcher(api, console).WaitAsync([started.OperationId], cancellationToken);
                var code = OperationReport.WriteOutcome(console, ended);
                if (!console.IsJson && ended[0].Result?.Catalog is { } found)
                {
                    Write(console, found);
                }
                return code;
            }
        );
    }

    private static void Write(CommandConsole console, CatalogRebuildResult found)
    {
        console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{found.Archives} archives of {found.Databases} databases, {found.Identified} of them with ids, "
                    + $"{found.Hashed} with hashes."
            )
        );
        if (found.Identified < found.Archives)
        {
            console.WriteLine("Of those without ids, only names and lengths are known: verify them with their keys.");
        }
        if (found.Hashed < found.Identified)
        {
            console.WriteLine("A verification records the other hashes; until then no damaged copy is replaced from another destination.");
        }
    }
}
