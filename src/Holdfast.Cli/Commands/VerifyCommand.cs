using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;
using Holdfast.Cli.Sources;
using Holdfast.Core.Errors;
using Holdfast.Node.Restores;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast verify</c>: reads and checks every byte of archives.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var (keyOptions, allow) = (new KeyOptions(), SharedOptions.AllowMismatch());
        var paths = new Argument<string[]>("PATH") { Description = "Archives, chains' folders, databases' folders, or roots of destinations. At a server: ids of databases, SOURCE/NAME.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("verify", "Read and check every byte of archives; say what is wrong and where.") { paths, keyOptions, allow }.OverServer();
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var console = SharedOptions.Console(parsed);
            var keys = keyOptions.Read(parsed);
            var given = parsed.GetRequiredValue(paths);
            if (given.Any(p => SharedOptions.IsAtServer(parsed, p)))
            {
                SharedOptions.Refuse(parsed, "at a server, which compares with what it wrote", allow, keyOptions.MaxWorkFactor);
                using var api = ServerOptions.Connect(parsed);
                return await OverServerAsync(api, console, given, keys, cancellationToken);
            }

            var views = new List<VerifyView>();
            var problems = new List<Error>();
            foreach (var path in given)
            {
                var stored = await SharedOptions.ResolveAsync(path, cancellationToken);
                await foreach (var read in Verifier.VerifyAsync(stored, keys, CommandSource.Engines, cancellationToken))
                {
                    var mismatch = read.Header is null ? null : LayoutCheck.Mismatch(stored, stored.Chains.First(c => c.Archives.Contains(read.Archive)), read.Archive, read.Header);
                    var isRefused = mismatch is not null && stored.Archive is null && !parsed.GetValue(allow);
                    var result = isRefused ? read with { Problem = mismatch } : read;
                    if (mismatch is not null && !isRefused) console.Note(mismatch.Message);
                    var file = Path.Combine(stored.Destination.Name, result.Archive.Path);
                    if (result.Problem is not null) problems.Add(result.Problem.Error);
                    views.Add(new(file, result.Problem is null, result.Header?.Id, result.Header?.Database, result.Archive.Length, result.TarBytes, result.Problem is null ? null : ErrorView.Of(result.Problem)));
                    console.Line(result.Problem is null ? $"ok   {file}" : $"BAD  {result.Problem.Message}");
                    if (result.Problem?.Hint is { } hint) console.Line($"     {hint}");
                }
            }

            if (console.IsJson) CommandConsole.Json(new(views), CliJson.Default.ItemsViewVerifyView);
            console.Line($"{views.Count - problems.Count} of {views.Count} archives are whole, {Words.Bytes(views.Sum(v => v.StoredBytes))} read.");
            return problems.Count == 0 ? 0 : problems.MaxBy(p => p.IsDamage ? int.MaxValue : p.ExitCode)!.ExitCode;
        });
        return command;
    }

    // One after the other, as the server reads them: what is wrong with one stops no other.
    private static async Task<int> OverServerAsync(ApiClient api, CommandConsole console, string[] databases, AgeKeys keys, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var database in databases) ids.Add((await api.PostAsync("backups/verify", new JsonObject { ["from"] = database, ["keys"] = SharedOptions.KeyTexts(keys) }, cancellationToken)).Text("operationId"));
        var ended = await new OperationWatch(api, console).WaitAsync(ids, cancellationToken, quiet: true);
        foreach (var operation in ended)
        {
            console.Line(operation.Find("error", "message") is { } problem ? $"BAD  {operation.Text("database")}: {problem}" : $"ok   {operation.Text("database")}: {Words.Bytes(operation.Number("result", "storedBytes"))} read.");
            if (operation.Find("error", "hint") is { } hint) console.Line($"     {hint}");
        }

        if (console.IsJson) CommandConsole.Json(new JsonObject { ["items"] = new JsonArray([.. ended.Select(o => o.DeepClone())]) });
        var errors = ended.Select(o => o.Find("error", "code")).OfType<string>().Select(ErrorCatalogue.Find).ToList();
        return errors.Count == 0 ? 0 : errors.MaxBy(e => e.IsDamage ? int.MaxValue : e.ExitCode)!.ExitCode;
    }
}
