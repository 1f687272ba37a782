using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Sources;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Restores;
using Holdfast.Node.Retention;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast chain</c>: single chains.</summary>
internal static class ChainCommand
{
    private const string ServerStart = "destination:";

    public static Command Create() =>
        new Command("chain", "Single chains: one full backup and the incrementals after it.") { Remove() }.OverServer();

    private static Command Remove()
    {
        var keyOptions = new KeyOptions();
        var path = new Argument<string>("PATH")
        {
            Description = "The chain's folder. At a server: destination:NAME/SOURCE/DATABASE/CHAIN.",
        };
        var yes = new Option<bool>("--yes") { Description = "Remove it. Without this it is only read, and shown." };
        var command = new Command("remove", "Read one chain, show whether it is whole, and remove it.") { path, yes, keyOptions };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var (given, console, keys) = (parsed.GetRequiredValue(path), SharedOptions.Console(parsed), keyOptions.Read(parsed));
                if (!given.StartsWith(ServerStart, StringComparison.Ordinal))
                {
                    return await RemoveAsync(given, keys, parsed.GetValue(yes), console, cancellationToken);
                }
                SharedOptions.Refuse(parsed, "at a server", keyOptions.MaxWorkFactor);
                using var api = ServerOptions.Connect(parsed);
                return await RemoveAsync(api, given.TrimEnd('/'), keys, parsed.GetValue(yes), console, cancellationToken);
            }
        );
        return command;
    }

    private static async Task<int> RemoveAsync(
        string path,
        AgeKeys keys,
        bool isSure,
        CommandConsole console,
        CancellationToken cancellationToken
    )
    {
        var folder = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (ChainName.TryParse(folder) is null)
        {
            throw NoChain(path);
        }
        var stored = await SharedOptions.ResolveAsync(path, cancellationToken);
        var problems = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var result in Verifier.VerifyAsync(stored, keys, CommandSource.Engines, cancellationToken))
        {
            if (result.Problem is { } problem)
            {
                problems[result.Archive.Name.ToString()] = problem.Message;
            }
        }

        Show(path, stored.Chains[0].Archives.Select(a => (a.Name.ToString(), a.Length)), problems, null, console);
        if (isSure)
        {
            await ChainRemoval.RemoveAsync(stored, folder, cancellationToken);
            if (!Directory.EnumerateFileSystemEntries(path).Any())
            {
                Directory.Delete(path);
            }
        }

        return Told(path, problems.Count == 0, isSure, console);
    }

    // What is removed is what was read and shown: the server compares, and refuses anything else.
    private static async Task<int> RemoveAsync(
        ApiClient api,
        string from,
        AgeKeys keys,
        bool isSure,
        CommandConsole console,
        CancellationToken cancellationToken
    )
    {
        if (ChainName.TryParse(from[(from.LastIndexOf('/') + 1)..]) is null)
        {
            throw NoChain(from);
        }
        var found = await api.GetAsync($"backups/chains?from={ApiClient.Part(from)}", cancellationToken);
        if (found.Items("chains").ToList() is not [var chain])
        {
            throw NoChain(from);
        }
        var archives = chain.Items("archives").Select(a => (Name: a.Text("name"), Bytes: a.Number("bytes"))).ToList();
        var id = (
            await api.PostAsync(
                "backups/verify",
                new JsonObject { ["from"] = from, ["keys"] = SharedOptions.KeyTexts(keys) },
                cancellationToken
            )
        ).Text("operationId");
        var ended = (await new OperationWatch(api, console).WaitAsync([id], cancellationToken, quiet: true))[0];
        var problem = ended.Find("error", "message");
        Show(from, archives, new Dictionary<string, string>(), problem, console);
        if (isSure)
        {
            await api.SendAsync(
                HttpMethod.Post,
                "backups/chains/remove",
                new JsonObject
                {
                    ["from"] = from,
                    ["archives"] = new JsonObject(archives.Select(a => KeyValuePair.Create(a.Name, (JsonNode?)a.Bytes))),
                },
                cancellationToken
            );
        }
        return Told(from, problem is null, isSure, console);
    }

    private static void Show(
        string path,
        IEnumerable<(string Name, long Bytes)> archives,
        Dictionary<string, string> problems,
        string? problem,
        CommandConsole console
    )
    {
        console.Line($"{path}:");
        foreach (var (name, bytes) in archives)
        {
            console.Text(
                $"  {(problem is not null ? "    " : problems.ContainsKey(name) ? "BAD " : "ok  ")} {name}  "
                    + $"{Words.Bytes(bytes)}{(problems.TryGetValue(name, out var bad) ? $": {bad}" : "")}"
            );
        }
        if (problem is not null)
        {
            console.Text($"  {problem}");
        }
    }

    private static int Told(string path, bool isWhole, bool isRemoved, CommandConsole console)
    {
        var state = isWhole ? "whole: all of its points can be restored" : "NOT whole, or cannot be read with these keys";
        ClientVerb.Done(
            console,
            isRemoved ? $"Removed. It was {state}." : $"It is {state}. Nothing was removed; to remove this chain, give --yes.",
            new()
            {
                ["path"] = path,
                ["whole"] = isWhole,
                ["removed"] = isRemoved,
            }
        );
        return isRemoved ? 0 : ErrorCatalogue.Usage.ExitCode;
    }

    private static HoldfastException NoChain(string path) =>
        new(
            ErrorCatalogue.Usage,
            $"'{path}' is not the folder of one chain.",
            "Give the folder that holds its archives, named <time>.<node>-<type>[-<task>]; holdfast points lists them."
        );
}
