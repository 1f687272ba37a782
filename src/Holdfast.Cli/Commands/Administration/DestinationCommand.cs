using System.CommandLine;
using System.Text.Json;
using Holdfast.Api.Destinations;
using Holdfast.Cli.Client;
using Holdfast.Cli.Locations;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast destination</c>: where the server's archives go.</summary>
internal static class DestinationCommand
{
    public static Command Create() =>
        new Command("destination", "Destinations of the server's archives.")
        {
            ListCommand(),
            Put(),
            Show(),
            Delete(),
            Initialize(),
            Test(),
        }.WithServerOptions();

    private static Command ListCommand() =>
        new Command("list", "List destinations.").SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                ServerCommandExtensions.WriteList(
                    console,
                    await api.Destinations.ListAsync(cancellationToken),
                    "No destinations.",
                    ["NAME", "KIND", "LOCATION"],
                    d => [(d.Name, null), (d.Kind, null), (LocationOf(d), null)]
                )
        );

    private static Command Put()
    {
        var command = new Command("put", "Create or change a destination, and test it.");
        var name = Name(command);
        var options = new DestinationDefinitionOptions();
        command.Add(options.All);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var definition = await options.ReadAsync(parsed, cancellationToken);
                var answer = await api.Destinations.PutDocumentAsync(parsed.GetRequiredValue(name), definition, null, cancellationToken);
                // Also finds out what the store can do, before the first backup.
                var test = await SavedDestination.TestAsync(api, answer.Value.Name, cancellationToken);
                return ServerCommandExtensions.WriteView(console, answer.Value, d =>
                {
                    console.WriteLine($"{d.Name} {(answer.IsNew ? "created" : "saved")}: {LocationOf(d)}");
                    WriteNotes(console, test);
                });
            }
        );
    }

    private static void WriteNotes(CommandConsole console, DestinationTestView test)
    {
        foreach (var note in test.Notes)
        {
            console.WriteText(note);
        }
    }

    private static Command Show()
    {
        var command = new Command(
            "show",
            "Show its use: requests, limits, unfinished uploads, and the lifecycle rule that its bucket needs."
        );
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                var status = await api.Destinations.FindStatusAsync(text, cancellationToken)
                    ?? throw new HoldfastException(
                        ErrorCatalog.NotFound,
                        $"There is no destination '{text}'.",
                        "List them with: holdfast destination list"
                    );
                return ServerCommandExtensions.WriteView(console, status, s => WriteStatus(console, s));
            }
        );
    }

    private static void WriteStatus(CommandConsole console, DestinationStatusView s)
    {
        console.WriteLine($"retention:  {(s.Deletes ? "deletes expired backups" : "left to the bucket")}");
        console.WriteLine(
            $"uploads:    {(s.WaitingUntil is { } until ? $"wait until {DisplayFormat.Time(until)}" : "start at any time now")}"
        );
        if (s.UnfinishedUploads is { } unfinished)
        {
            console.WriteLine($"unfinished: {unfinished.Count} uploads, {unfinished.Removed} older ones removed");
            if (unfinished.Problem is { } problem)
            {
                console.WriteText($"            {problem.Message}");
            }
        }
        if (s.Requests is { } r)
        {
            console.WriteLine($"requests:   {r.Puts} PUT, {r.Lists} LIST, {r.Gets} GET, {r.Deletes} DELETE");
            console.WriteLine(
                $"            {DisplayFormat.Bytes(r.BytesSent)} sent, {DisplayFormat.Bytes(r.BytesReceived)} received, since the start"
            );
        }
        if (s.LifecycleRule is { } rule)
        {
            console.WriteLine("lifecycle configuration that the bucket needs:");
            console.WriteText(rule);
        }
    }

    private static Command Delete()
    {
        var command = new Command("delete", "Remove a destination that no task uses. Its archives stay.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.Destinations.DeleteAsync(text, null, cancellationToken);
                return ServerCommandExtensions.WriteResult(console, $"{text} removed. Its archives stay.", new() { ["deleted"] = text });
            }
        );
    }

    private static Command Initialize()
    {
        var command = new Command("initialize", "Create its root and give it an identity, or adopt the identity that the root has.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                return ServerCommandExtensions.WriteView(console, await api.Destinations.InitializeAsync(text, cancellationToken), i =>
                    console.WriteLine($"{text} is initialized, with the identity {i.Id ?? "-"}.")
                );
            }
        );
    }

    private static Command Test()
    {
        var command = new Command("test", "Test whether files can be written, listed and removed there.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                return ServerCommandExtensions.WriteView(console, await api.Destinations.TestAsync(text, cancellationToken), t =>
                {
                    console.WriteLine($"{text} works{(t.FreeBytes is > 0 and var free ? $", {DisplayFormat.Bytes(free)} free" : "")}.");
                    WriteNotes(console, t);
                });
            }
        );
    }

    private static string LocationOf(DestinationView destination) =>
        destination.Path
        ?? DestinationUrls
            .All.FirstOrDefault(f => f.Kind == destination.Kind)
            ?.Urls!.Describe(name =>
                destination.Settings?.GetValueOrDefault(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null
            )
        ?? "-";

    private static Argument<string> Name(Command command) => command.AddArgument("NAME", "Its name.");
}
