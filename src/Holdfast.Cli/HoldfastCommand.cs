using System.CommandLine;
using Holdfast.Cli.Client;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;

namespace Holdfast.Cli;

/// <summary>The <c>holdfast</c> command: its verbs, and the one place that turns failures into exit codes.</summary>
public static class HoldfastCommand
{
    private const int Interrupted = 130; // as shells say of a process that was stopped with Ctrl+C

    private const string Description = """
        Holdfast backs up every database of a server with one command, and restores any of them as a new database.

        Exit codes: 0 done · 1 done with errors · 2 usage · 3 not found · 4 key missing or wrong · 5 corrupt or incomplete ·
        6 target exists · 7 source unreadable or locked · 8 destination failed
        """;

    /// <summary>Runs the command line <paramref name="args"/> and returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(Description) { SharedOptions.Output };
        foreach (var verb in Verbs()) root.Add(verb);
        var parsed = root.Parse(args);
        var console = new CommandConsole(parsed.Errors.Count == 0 && parsed.GetValue(SharedOptions.Output) == OutputFormat.Json);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) console.Fault(new HoldfastException(ErrorCatalogue.Usage, error.Message, "holdfast --help shows the verbs, holdfast VERB --help their options."));
            return ErrorCatalogue.Usage.ExitCode;
        }

        try
        {
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false });
        }
        catch (HoldfastException e)
        {
            console.Fault(e);
            return e.Error.ExitCode;
        }
        catch (OperationCanceledException e)
        {
            console.Note(e is StoppedWaitingException ? e.Message : "Interrupted. What was not complete has been removed.");
            return Interrupted;
        }
    }

    // In the order of the help: what works on paths first, then what needs a server.
    private static IEnumerable<Command> Verbs() =>
    [
        DatabasesCommand.Create(), BackupCommand.Create(), PointsCommand.Create(), RestoreCommand.Create(), VerifyCommand.Create(), ExtractCommand.Create(), KeygenCommand.Create(), ServeCommand.Create(),
        LoginCommand.Create(), LogoutCommand.Create(), ServerWideCommand.Create(), TaskCommand.Create(), OperationCommand.Create(), DestinationCommand.Create(), SourceCommand.Create(), TokenCommand.Create(), AuditCommand.Create(), ApplyCommand.Create(),
    ];
}
