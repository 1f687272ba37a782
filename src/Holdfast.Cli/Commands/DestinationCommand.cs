using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast destination</c>: where the server's archives go.</summary>
internal static class DestinationCommand
{
    public static Command Create() =>
        new Command("destination", "Where the server's archives go.") { ListCommand(), Put(), Delete(), Initialize(), Test() }.OverServer();

    private static Command ListCommand() =>
        new Command("list", "List destinations.").Does(
            async (parsed, api, console, cancellationToken) =>
                ClientVerb.List(
                    console,
                    await api.ListAsync("destinations", cancellationToken),
                    "No destinations.",
                    ["NAME", "KIND", "PATH"],
                    d => [(d.Text("name"), null), (d.Text("kind"), null), (d.Text("path"), null)]
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
        var file = JsonInput.File("Its definition, instead of --path", required: false);
        command.Add(folder);
        command.Add(file);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var definition = (parsed.GetValue(folder), parsed.GetValue(file)) switch
                {
                    ({ } path, null) => new JsonObject { ["kind"] = "local", ["path"] = path },
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
                    CommandConsole.Json(answer.Body!);
                }
                else
                {
                    console.Line($"{answer.Body.Text("name")} {(answer.IsNew ? "created" : "saved")}: {answer.Body.Text("path")}");
                }
                return 0;
            }
        );
    }

    private static Command Delete()
    {
        var command = new Command("delete", "Remove a destination that no task uses. What lies there stays.");
        var name = Name(command);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                await api.SendAsync(HttpMethod.Delete, Path(text), null, cancellationToken);
                return ClientVerb.Done(console, $"{text} removed. What lies there stays.", new() { ["deleted"] = text });
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
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                var answer = await api.PostAsync($"{Path(text)}/initialize", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer);
                }
                else
                {
                    console.Line($"{text} is initialized, with the identity {answer.Text("id")}.");
                }
                return 0;
            }
        );
    }

    private static Command Test()
    {
        var command = new Command("test", "Try whether files can be written, listed and removed there.");
        var name = Name(command);
        return command.Does(
            async (parsed, api, console, cancellationToken) =>
            {
                var text = parsed.GetRequiredValue(name);
                var answer = await api.PostAsync($"{Path(text)}/test", null, cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.Json(answer);
                }
                else
                {
                    console.Line($"{text} works{(answer.Number("freeBytes") is > 0 and var free ? $", {Words.Bytes(free)} free" : "")}.");
                }
                return 0;
            }
        );
    }

    private static Argument<string> Name(Command command) => command.Takes("NAME", "Its name.");

    private static string Path(string name) => $"destinations/{ApiClient.Part(name)}";
}
