using System.CommandLine;
using System.Globalization;
using Holdfast.Api.Destinations;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast catalog</c>: what the server knows about its archives.</summary>
internal static class CatalogCommand
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    public static Command Create() => new Command("catalog", "The server's catalog of its archives.") { Rebuild() }.WithServerOptions();

    private static Command Rebuild()
    {
        var keys = new KeyOptions();
        var command = new Command("rebuild", "Rebuild the catalog from a destination, after the server's data folder was lost.");
        var name = command.AddArgument("DESTINATION", "Name of the destination.");
        command.Add(keys.Files);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var destination = parsed.GetRequiredValue(name);
                var request = new CatalogRebuildRequest { Keys = SharedOptions.ToRequest(keys.Read(parsed)) };
                var state = await api.Destinations.RebuildCatalogAsync(destination, request, cancellationToken);
                while (state.Ended is null)
                {
                    await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
                    state = await api.Destinations.GetCatalogRebuildAsync(destination, cancellationToken);
                }
                return state.Error is { } error
                    ? throw new HoldfastException(ErrorCatalog.Find(error.Code), error.Message, error.Hint)
                    : ServerCommandExtensions.WriteView(console, state, s => Write(console, s));
            }
        );
    }

    private static void Write(CommandConsole console, CatalogRebuildView state)
    {
        console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{state.Archives} archives of {state.Databases} databases, {state.Identified} of them with ids."
            )
        );
        if (state.Identified < state.Archives)
        {
            console.WriteLine("Of the others only names and lengths are known: verify them with their keys.");
        }
        foreach (var problem in state.Problems)
        {
            console.WriteLine(problem);
        }
        if (state.ProblemCount > state.Problems.Count)
        {
            console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"and {state.ProblemCount - state.Problems.Count} more problems")
            );
        }
    }
}
