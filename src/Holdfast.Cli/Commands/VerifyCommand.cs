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
        var paths = new Argument<string[]>("PATH")
        {
            Description =
                "Archives, chains' folders, databases' folders, or roots of destinations. At a server: ids of databases, SOURCE/NAME.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("verify", "Read and check every byte of archives; say what is wrong and where.")
        {
            paths,
            keyOptions,
            allow,
        }.OverServer();
        command.SetAction(
            async (parsed, cancellationToken) =>
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
                var notes = new List<string>();
                foreach (var path in given)
                {
                    var stored = await SharedOptions.ResolveAsync(path, cancellationToken);
                    await foreach (var read in Verifier.VerifyAsync(stored, keys, CommandSource.Engines, cancellationToken))
                    {
                        var mismatch = read.Header is null
                            ? null
                            : LayoutCheck.Mismatch(
                                stored,
                                stored.Chains.First(c => c.Archives.Contains(read.Archive)),
                                read.Archive,
                                read.Header
                            );
                        var isRefused = mismatch is not null && stored.Archive is null && !parsed.GetValue(allow);
                        var result = isRefused ? read with { Problem = mismatch } : read;
                        if (mismatch is not null && !isRefused)
                        {
                            console.Note(mismatch.Message);
                        }
                        var file = Path.Combine(stored.Destination.Name, result.Archive.Path);
                        if (result.Problem is not null)
                        {
                            problems.Add(result.Problem.Error);
                        }
                        views.Add(
                            new(
                                file,
                                result.Problem is null,
                                State(result.Problem?.Error),
                                result.Header?.Id,
                                result.Header?.Database,
                                result.Archive.Length,
                                result.TarBytes,
                                result.Problem is null ? null : ErrorView.Of(result.Problem)
                            )
                        );
                        console.Text(result.Problem is null ? $"ok   {file}" : $"{Word(result.Problem.Error)}  {result.Problem.Message}");
                        if (result.Problem?.Hint is { } hint)
                        {
                            console.Text($"     {hint}");
                        }
                    }

                    if (stored.Archive is null)
                    {
                        notes.AddRange(stored.Chains.SelectMany(c => SharedOptions.NotesOf(stored, c)));
                    }
                }

                if (console.IsJson)
                {
                    CommandConsole.Json(new(views, Notes: notes.Count > 0 ? notes : null), CliJson.Default.ItemsViewVerifyView);
                }
                foreach (var note in notes)
                {
                    console.Line($"note {note}");
                }
                var damaged = problems.Count(p => p.IsDamage);
                var unread = problems.Count == damaged ? "" : $", {problems.Count - damaged} could not be checked";
                console.Line(
                    $"{views.Count - problems.Count} of {views.Count} archives are "
                        + $"whole{(damaged == 0 ? "" : $", {damaged} {(damaged == 1 ? "is" : "are")} bad")}{unread}, "
                        + $"{Words.Bytes(views.Sum(v => v.State == "NotChecked" ? 0 : v.StoredBytes))} read."
                );
                return problems.Count == 0 ? 0 : problems.MaxBy(p => p.IsDamage ? int.MaxValue : p.ExitCode)!.ExitCode;
            }
        );
        return command;
    }

    // What cannot be opened, for a key is missing or its destination does not answer, is not damaged for that.
    private static string State(Error? problem) =>
        problem is null ? "Whole"
        : problem.IsDamage ? "Damaged"
        : "NotChecked";

    private static string Word(Error problem) => problem.IsDamage ? "BAD" : "NOT CHECKED";

    // One after the other, as the server reads them: what is wrong with one stops no other.
    private static async Task<int> OverServerAsync(
        ApiClient api,
        CommandConsole console,
        string[] databases,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        var ids = new List<string>();
        foreach (var database in databases)
        {
            ids.Add(
                (
                    await api.PostAsync(
                        "backups/verify",
                        new JsonObject { ["from"] = database, ["keys"] = SharedOptions.KeyTexts(keys) },
                        cancellationToken
                    )
                ).Text("operationId")
            );
        }
        var ended = await new OperationWatch(api, console).WaitAsync(ids, cancellationToken, quiet: true);
        foreach (var operation in ended)
        {
            console.Text(
                operation.Find("error", "message") is { } problem
                    ? $"{Word(ErrorCatalogue.Find(operation.Find("error", "code")))}  {operation.Text("database")}: {problem}"
                    : $"ok   {operation.Text("database")}: {Words.Bytes(operation.Number("result", "storedBytes"))} read."
            );
            if (operation.Find("error", "hint") is { } hint)
            {
                console.Text($"     {hint}");
            }
        }

        if (console.IsJson)
        {
            CommandConsole.Json(new JsonObject { ["items"] = new JsonArray([.. ended.Select(o => o.DeepClone())]) });
        }
        var errors = ended.Select(o => o.Find("error", "code")).OfType<string>().Select(ErrorCatalogue.Find).ToList();
        return errors.Count == 0 ? 0 : errors.MaxBy(e => e.IsDamage ? int.MaxValue : e.ExitCode)!.ExitCode;
    }
}
