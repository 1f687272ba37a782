using System.CommandLine;
using Holdfast.Api;
using Holdfast.Api.Backups;
using Holdfast.Archive.Age;
using Holdfast.Cli.Client;
using Holdfast.Cli.Locations;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Cli.Sources;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Verification;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast verify</c>: verifies every byte of archives.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var (keyOptions, allow) = (new KeyOptions(), SharedOptions.AllowMismatch());
        var paths = new Argument<string[]>("PATH")
        {
            Description =
                "Archives, chains' folders, databases' folders, or roots of destinations: paths, or URLs such as "
                + $"{LocationOptions.UrlExamples}. Server mode: ids of databases, SOURCE/NAME.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("verify", "Read and check every byte of archives; report every problem.")
        {
            paths,
            LocationOptions.SettingsFile,
            keyOptions.All,
            allow,
        }.WithServerOptions();
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                var keys = keyOptions.Read(parsed);
                var given = parsed.GetRequiredValue(paths);
                if (given.Any(p => SharedOptions.IsOnServer(parsed, p)))
                {
                    SharedOptions.RejectOptions(
                        parsed,
                        "in server mode, which compares archives with the catalog",
                        allow,
                        keyOptions.MaxWorkFactor,
                        LocationOptions.SettingsFile
                    );
                    return await ServerConnectionOptions.RunAsync(parsed, api =>
                        VerifyOnServerAsync(api, console, given, keys, cancellationToken)
                    );
                }

                var views = new List<VerifyView>();
                var problems = new List<Error>();
                var notes = new List<string>();
                foreach (var path in given)
                {
                    var stored = await LocationOptions.ResolveAsync(parsed, path, cancellationToken);
                    await foreach (var read in Verifier.VerifyAsync(stored, keys, CommandSource.Engines, cancellationToken))
                    {
                        var mismatch = read.Header is null
                            ? null
                            : LayoutValidator.FindMismatch(
                                stored,
                                stored.Chains.First(c => c.Archives.Contains(read.Archive)),
                                read.Archive,
                                read.Header
                            );
                        var isRefused = mismatch is not null && stored.Archive is null && !parsed.GetValue(allow);
                        var result = isRefused ? read with { Problem = mismatch } : read;
                        if (mismatch is not null && !isRefused)
                        {
                            console.WriteNote(mismatch.Message);
                        }
                        var file = stored.Destination.NameOf(result.Archive.Path);
                        if (result.Problem is not null)
                        {
                            problems.Add(result.Problem.Error);
                        }
                        views.Add(
                            new()
                            {
                                Path = file,
                                Ok = result.Problem is null,
                                State = StateOf(result.Problem?.Error),
                                Id = result.Header?.Id,
                                Database = result.Header?.Database,
                                StoredBytes = result.Archive.Length,
                                TarBytes = result.TarBytes,
                                Error = result.Problem is null ? null : ErrorView.Of(result.Problem),
                            }
                        );
                        console.WriteText(
                            result.Problem is null ? $"ok   {file}" : $"{StateLabel(result.Problem.Error)}  {result.Problem.Message}"
                        );
                        if (result.Problem?.Hint is { } hint)
                        {
                            console.WriteText($"     {hint}");
                        }
                    }

                    if (stored.Archive is null)
                    {
                        notes.AddRange(stored.Chains.SelectMany(c => SharedOptions.FindMissingArchiveNotes(stored, c)));
                    }
                }

                if (console.IsJson)
                {
                    CommandConsole.WriteJson(new(views, Notes: notes.Count > 0 ? notes : null), CliJson.Default.ItemsViewVerifyView);
                }
                foreach (var note in notes)
                {
                    console.WriteLine($"note {note}");
                }
                var damaged = problems.Count(p => p.IsDamage);
                var unread = problems.Count == damaged ? "" : $", {problems.Count - damaged} could not be checked";
                console.WriteLine(
                    $"{views.Count - problems.Count} of {views.Count} archives are "
                        + $"intact{(damaged == 0 ? "" : $", {damaged} {(damaged == 1 ? "is" : "are")} damaged")}{unread}, "
                        + $"{DisplayFormat.Bytes(views.Sum(v => v.State == "NotChecked" ? 0 : v.StoredBytes))} read."
                );
                return problems.Count == 0 ? 0 : problems.MaxBy(p => p.IsDamage ? int.MaxValue : p.ExitCode)!.ExitCode;
            }
        );
        return command;
    }

    // An archive that cannot be opened because a key is missing or its destination does not respond is not damaged.
    private static string StateOf(Error? problem) =>
        problem is null ? "Whole"
        : problem.IsDamage ? "Damaged"
        : "NotChecked";

    private static string StateLabel(Error problem) => problem.IsDamage ? "BAD" : "NOT CHECKED";

    // One after the other, as the server reads them. A problem of one does not stop the others.
    private static async Task<int> VerifyOnServerAsync(
        HoldfastClient api,
        CommandConsole console,
        string[] databases,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        var ids = new List<string>();
        foreach (var database in databases)
        {
            var request = new VerifyRequest { From = database, Keys = SharedOptions.ToRequest(keys) };
            ids.Add((await api.Backups.VerifyAsync(request, cancellationToken)).OperationId);
        }
        var ended = await new OperationWatcher(api, console).WaitAsync(ids, cancellationToken, quiet: true);
        foreach (var operation in ended)
        {
            console.WriteText(
                operation.Error is { } problem
                    ? $"{StateLabel(ErrorCatalog.Find(problem.Code))}  {operation.Subject}: {problem.Message}"
                    : $"ok   {operation.Subject}: {DisplayFormat.Bytes(operation.Result?.StoredBytes ?? 0)} read."
            );
            if (operation.Error?.Hint is { } hint)
            {
                console.WriteText($"     {hint}");
            }
        }

        if (console.IsJson)
        {
            CommandConsole.WriteItems(ended);
        }
        var errors = ended.Select(o => o.Error?.Code).OfType<string>().Select(ErrorCatalog.Find).ToList();
        return errors.Count == 0 ? 0 : errors.MaxBy(e => e.IsDamage ? int.MaxValue : e.ExitCode)!.ExitCode;
    }
}
