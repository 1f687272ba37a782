using System.CommandLine;
using Holdfast.Api;
using Holdfast.Api.Backups;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Locations;
using Holdfast.Cli.Output;
using Holdfast.Cli.Sources;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Retention;
using Holdfast.Node.Verification;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast chain</c>: checks and removes single chains.</summary>
internal static class ChainCommand
{
    private const string DestinationPrefix = "destination:";

    public static Command Create() =>
        new Command("chain", "Single chains: one full backup and the incrementals after it.") { Remove() }.WithServerOptions();

    private static Command Remove()
    {
        var keyOptions = new KeyOptions();
        var path = new Argument<string>("PATH")
        {
            Description = "The chain's folder: a path or a URL. Server mode: destination:NAME/SOURCE/DATABASE/CHAIN.",
        };
        var yes = new Option<bool>("--yes") { Description = "Remove the chain. Without this option it is only checked and shown." };
        var command = new Command("remove", "Check one chain, show whether it is intact, and remove it.")
        {
            path,
            yes,
            LocationOptions.SettingsFile,
            keyOptions.All,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var (given, console, keys) = (parsed.GetRequiredValue(path), SharedOptions.Console(parsed), keyOptions.Read(parsed));
                if (!given.StartsWith(DestinationPrefix, StringComparison.Ordinal))
                {
                    return await RemoveAsync(parsed, given, keys, parsed.GetValue(yes), console, cancellationToken);
                }
                SharedOptions.RejectOptions(parsed, "in server mode", keyOptions.MaxWorkFactor, LocationOptions.SettingsFile);
                return await ServerConnectionOptions.RunAsync(parsed, api =>
                    RemoveAsync(api, given.TrimEnd('/'), keys, parsed.GetValue(yes), console, cancellationToken)
                );
            }
        );
        return command;
    }

    private static async Task<int> RemoveAsync(
        ParseResult parsed,
        string path,
        AgeKeys keys,
        bool isSure,
        CommandConsole console,
        CancellationToken cancellationToken
    )
    {
        var isUrl = DestinationUrls.IsUrl(path);
        var folder = isUrl ? path.TrimEnd('/')[(ParentOf(path).Length + 1)..] : Path.GetFileName(FullPathOf(path));
        if (ChainName.TryParse(folder) is null)
        {
            throw NotAChain(path);
        }
        var stored = await LocationOptions.ResolveAsync(parsed, path, cancellationToken);
        var problems = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var result in Verifier.VerifyAsync(stored, keys, CommandSource.Engines, cancellationToken))
        {
            if (result.Problem is { } problem)
            {
                problems[result.Archive.Name.ToString()] = problem.Message;
            }
        }

        WriteArchives(path, stored.Chains[0].Archives.Select(a => (a.Name.ToString(), a.Length)), problems, null, console);
        if (isSure)
        {
            await ChainRemovalService.RemoveAsync(stored, folder, cancellationToken);
            if (!isUrl && !Directory.EnumerateFileSystemEntries(path).Any())
            {
                Directory.Delete(path);
            }
            await DeleteSharedCatalogAsync(parsed, isUrl ? ParentOf(path) : Path.GetDirectoryName(FullPathOf(path))!, cancellationToken);
        }

        return WriteOutcome(path, problems.Count == 0, isSure, console);
    }

    private static string FullPathOf(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static string ParentOf(string url) => url.TrimEnd('/')[..url.TrimEnd('/').LastIndexOf('/')];

    // The file for other servers still names the chain. It is only a hint, and a server that writes there writes it again.
    private static async Task DeleteSharedCatalogAsync(ParseResult parsed, string parent, CancellationToken cancellationToken)
    {
        try
        {
            var opened = await LocationOptions.OpenAsync(parsed, parent, cancellationToken);
            await using var destination = opened.Destination;
            await destination.DeleteAsync(SharedCatalog.FileName, cancellationToken);
        }
        catch (HoldfastException) when (!cancellationToken.IsCancellationRequested)
        {
            // The chain is removed; what a listing shows wins.
        }
    }

    // The server only removes what was read and shown: it compares the archives, and refuses if anything differs.
    private static async Task<int> RemoveAsync(
        HoldfastClient api,
        string from,
        AgeKeys keys,
        bool isSure,
        CommandConsole console,
        CancellationToken cancellationToken
    )
    {
        if (ChainName.TryParse(from[(from.LastIndexOf('/') + 1)..]) is null)
        {
            throw NotAChain(from);
        }
        if ((await api.Backups.ListChainsAsync(from, cancellationToken)).Chains is not [var chain])
        {
            throw NotAChain(from);
        }
        var verify = new VerifyRequest { From = from, Keys = SharedOptions.ToRequest(keys) };
        var id = (await api.Backups.VerifyAsync(verify, cancellationToken)).OperationId;
        var ended = (await new OperationWatcher(api, console).WaitAsync([id], cancellationToken, quiet: true))[0];
        var problem = ended.Error?.Message;
        WriteArchives(from, chain.Archives.Select(a => (a.Name, a.Bytes)), new Dictionary<string, string>(), problem, console);
        if (isSure)
        {
            var removal = new ChainRemovalRequest(from, chain.Archives.ToDictionary(a => a.Name, a => a.Bytes, StringComparer.Ordinal));
            await api.Backups.RemoveChainAsync(removal, cancellationToken);
        }
        return WriteOutcome(from, problem is null, isSure, console);
    }

    private static void WriteArchives(
        string path,
        IEnumerable<(string Name, long Bytes)> archives,
        Dictionary<string, string> problems,
        string? problem,
        CommandConsole console
    )
    {
        console.WriteLine($"{path}:");
        foreach (var (name, bytes) in archives)
        {
            console.WriteText(
                $"  {(problem is not null ? "    " : problems.ContainsKey(name) ? "BAD " : "ok  ")} {name}  "
                    + $"{DisplayFormat.Bytes(bytes)}{(problems.TryGetValue(name, out var bad) ? $": {bad}" : "")}"
            );
        }
        if (problem is not null)
        {
            console.WriteText($"  {problem}");
        }
    }

    private static int WriteOutcome(string path, bool isWhole, bool isRemoved, CommandConsole console)
    {
        var state = isWhole ? "intact: all its restore points can be restored" : "NOT intact, or cannot be read with these keys";
        ServerCommandExtensions.WriteResult(
            console,
            isRemoved ? $"Removed. It was {state}." : $"It is {state}. Nothing was removed. To remove this chain, give --yes.",
            new()
            {
                ["path"] = path,
                ["whole"] = isWhole,
                ["removed"] = isRemoved,
            }
        );
        return isRemoved ? 0 : ErrorCatalog.Usage.ExitCode;
    }

    private static HoldfastException NotAChain(string path) =>
        new(
            ErrorCatalog.Usage,
            $"'{path}' is not the folder of one chain.",
            "Give the folder with its archives, named <time>.<node>-<type>[-<task>]; holdfast points lists them."
        );
}
