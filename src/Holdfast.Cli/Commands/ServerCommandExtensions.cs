using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Api;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary>Helpers for verbs that use a server.</summary>
internal static class ServerCommandExtensions
{
    /// <summary>Sets the action of a verb that uses a client of the selected server.</summary>
    public static Command SetServerAction(
        this Command command,
        Func<ParseResult, HoldfastClient, CommandConsole, CancellationToken, Task<int>> work
    )
    {
        command.SetAction(
            (parsed, cancellationToken) =>
                ServerConnectionOptions.RunAsync(parsed, api => work(parsed, api, SharedOptions.Console(parsed), cancellationToken))
        );
        return command;
    }

    /// <summary>Adds an argument, and returns it for reading its value.</summary>
    public static Argument<string> AddArgument(this Command command, string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        command.Add(argument);
        return argument;
    }

    /// <summary>Writes a list, as a table or as the JSON document.</summary>
    public static int WriteList<T>(
        CommandConsole console,
        IReadOnlyList<T> items,
        string none,
        IReadOnlyList<string> columns,
        Func<T, IReadOnlyList<(string Text, string? Colour)>> row
    )
    {
        if (console.IsJson)
        {
            CommandConsole.WriteItems(items);
        }
        else if (items.Count == 0)
        {
            console.WriteLine(none);
        }
        else
        {
            console.WriteTable(columns, [.. items.Select(row)]);
        }
        return 0;
    }

    /// <summary>Writes an answer of the server, as text or as the JSON document.</summary>
    public static int WriteView<T>(CommandConsole console, T view, Action<T> writeText)
    {
        if (console.IsJson)
        {
            CommandConsole.WriteView(view);
        }
        else
        {
            writeText(view);
        }
        return 0;
    }

    /// <summary>Writes a result, as a line or as the JSON document.</summary>
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

    /// <summary>Shows a key that was just generated, with advice. The key is shown again only on request.</summary>
    public static void WriteKey(CommandConsole console, Api.Tasks.KeyView? key)
    {
        if (key is null || console.IsJson)
        {
            return;
        }
        console.WriteLine($"public key: {key.Recipient}");
        console.WriteLine($"secret key: {key.SecretKey}");
        console.WriteLine($"in Base64:  {key.Base64}");
        console.WriteNote(
            "Keep the secret key in another place than the backups. If this server is lost, backups cannot be decrypted without it."
        );
    }
}
