using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands.Administration;

/// <summary><c>holdfast destination</c>: where the server's archives go.</summary>
internal static class DestinationCommand
{
    public static Command Create() =>
        new Command("destination", "Where the server's archives go.")
        {
            ListCommand(),
            Put(),
            Delete(),
            Initialize(),
            Test(),
        }.WithServerOptions();

    private static Command ListCommand() =>
        new Command("list", "List destinations.").SetServerAction(
            async (parsed, api, console, cancellationToken) =>
                ServerCommandExtensions.WriteList(
                    console,
                    await api.ListAsync("destinations", cancellationToken),
                    "No destinations.",
                    ["NAME", "KIND", "PATH"],
                    d => [(d.GetText("name"), null), (d.GetText("kind"), null), (d.GetText("path"), null)]
                )
        );

    private static Command Put()
    {
        var command = new Command("put", "Define or change a destination.");
        var name = Name(command);
        var folder = new Option<string>("--path")
        {
            Description = "The folder of a local one, on the server: absolute, under one of its localRoots.",
            HelpName = "DIR",
        };
        var file = JsonInput.CreateOption("Its definition, instead of --path", required: false);
        command.Add(folder);
        command.Add(file);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var definition = (parsed.GetValue(folder), parsed.GetValue(file)) switch
                {
                    ({ } path, null) => new JsonObject { ["kind"] = Drivers.FolderKind, ["path"] = path },
                    (null, { } path) => await JsonInput.ReadAsync(path, cancellationToken),
                    _ => throw new HoldfastException(
                        ErrorCatalogue.Usage,
                        "One of --path and --file is needed.",
                        "--path DIR for a local one, --file FILE for any."
                    ),
                };
                var answer = await api.SendAsync(HttpMethod.Put, Path(parsed.GetRequiredValue(name)), definition, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer.Body!);
                }
                else
                {
                    console.WriteLine(
                        $"{answer.Body.GetText("name")} {(answer.IsNew ? "created" : "saved")}: {answer.Body.GetText("path")}"
                    );
                }
                return 0;
            }
        );
    }

    private static Command Delete()
    {
        var command = new Command("delete", "Remove a destination that no task uses. What lies there stays.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.SendAsync(HttpMethod.Delete, Path(text), null, cancellationToken);
                return ServerCommandExtensions.WriteResult(
                    console,
                    $"{text} removed. What lies there stays.",
                    new() { ["deleted"] = text }
                );
            }
        );
    }

    private static Command Initialize()
    {
        var command = new Command(
            "initialize",
            "Make its root and give it an identity, or adopt the one that is there: from now on this is the destination."
        );
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                var answer = await api.PostAsync($"{Path(text)}/initialize", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer);
                }
                else
                {
                    console.WriteLine($"{text} is initialized, with the identity {answer.GetText("id")}.");
                }
                return 0;
            }
        );
    }

    private static Command Test()
    {
        var command = new Command("test", "Try whether files can be written, listed and removed there.");
        var name = Name(command);
        return command.SetServerAction(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                var answer = await api.PostAsync($"{Path(text)}/test", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(answer);
                }
                else
                {
                    console.WriteLine(
                        $"{text} works{(answer.GetNumber("freeBytes") is > 0 and var free ? $", {DisplayFormat.Bytes(free)} free" : "")}."
                    );
                }
                return 0;
            }
        );
    }

    private static Argument<string> Name(Command command) => command.AddArgument("NAME", "Its name.");

    private static string Path(string name) => $"destinations/{ApiClient.EscapeSegment(name)}";
}
