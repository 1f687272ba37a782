using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Node.Restores;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast verify</c>: reads and checks every byte of archives.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var keyFiles = SharedOptions.KeyFiles();
        var paths = new Argument<string[]>("PATH") { Description = "Archives, chains' folders, databases' folders, or roots of destinations.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("verify", "Read and check every byte of archives; say what is wrong and where.") { paths, keyFiles };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var console = SharedOptions.Console(parsed);
            var keys = SharedOptions.Keys(parsed, keyFiles);
            var views = new List<VerifyView>();
            var problems = new List<Error>();
            foreach (var path in parsed.GetRequiredValue(paths))
            {
                var stored = await SharedOptions.ResolveAsync(path, cancellationToken);
                await foreach (var result in Verifier.VerifyAsync(stored, keys, cancellationToken))
                {
                    var file = Path.Combine(stored.Destination.Name, result.Archive.Path);
                    if (result.Problem is not null) problems.Add(result.Problem.Error);
                    views.Add(new(file, result.Problem is null, result.Header?.Id, result.Header?.Database, result.Archive.Length, result.TarBytes, result.Problem is null ? null : ErrorView.Of(result.Problem)));
                    console.Line(result.Problem is null ? $"ok   {file}" : $"BAD  {result.Problem.Message}");
                    if (result.Problem?.Hint is { } hint) console.Line($"     {hint}");
                }
            }

            if (console.IsJson) CommandConsole.Json(new(views), CliJson.Default.ItemsViewVerifyView);
            console.Line($"{views.Count - problems.Count} of {views.Count} archives are whole, {Words.Bytes(views.Sum(v => v.StoredBytes))} read.");
            return problems.Count == 0 ? 0 : problems.MaxBy(p => p.ExitCode == ErrorCatalogue.Corrupt.ExitCode ? int.MaxValue : p.ExitCode)!.ExitCode;
        });
        return command;
    }
}
