using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary>What the verbs that talk to a server have in common.</summary>
internal static class ServerCommandExtensions
{
    /// <summary>Runs with a client of the server that is meant.</summary>
    public static Command SetServerAction(
        this Command command,
        Func<ParseResult, ApiClient, CommandConsole, CancellationToken, Task<int>> work
    )
    {
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                using var api = ServerConnectionOptions.Connect(parsed);
                return await work(parsed, api, SharedOptions.Console(parsed), cancellationToken);
            }
        );
        return command;
    }

    /// <summary>Adds an argument or option, to be given back for reading.</summary>
    public static Argument<string> AddArgument(this Command command, string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        command.Add(argument);
        return argument;
    }

    /// <summary>Writes a list: a table, or the document.</summary>
    public static int WriteList(
        CommandConsole console,
        JsonArray items,
        string none,
        IReadOnlyList<string> columns,
        Func<JsonNode, IReadOnlyList<(string Text, string? Colour)>> row
    )
    {
        if (console.IsJson)
        {
            CommandConsole.WriteJson(new JsonObject { ["items"] = items });
        }
        else if (items.Count == 0)
        {
            console.WriteLine(none);
        }
        else
        {
            console.WriteTable(columns, [.. items.OfType<JsonNode>().Select(row)]);
        }
        return 0;
    }

    /// <summary>Writes what was done: a line, or a document.</summary>
    public static int WriteResult(CommandConsole console, string line, JsonObject document)
    {
        if (console.IsJson)
        {
            CommandConsole.WriteJson(document);
        }
        else
        {
            console.WriteLine(line);
        }
        return 0;
    }

    /// <summary>Shows a key that was just made, with what to do with it. It is never shown again without being asked for.</summary>
    public static void WriteKey(CommandConsole console, JsonNode? key)
    {
        if (key is null || console.IsJson)
        {
            return;
        }
        console.WriteLine($"public key: {key.GetText("recipient")}");
        console.WriteLine($"secret key: {key.GetText("secretKey")}");
        console.WriteLine($"in Base64:  {key.GetText("base64")}");
        console.WriteNote(
            "Keep the secret key where the backups are not. Without it, what is encrypted with it is lost once this server is."
        );
    }
}
