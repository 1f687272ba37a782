using System.Text.Json.Nodes;
using Holdfast.Cli.Commands;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Cli.Output;

/// <summary>Reports operations of the server: their state, and their outcome.</summary>
internal static class OperationReport
{
    private const int MaxRowsOnScreen = 60;

    /// <summary>Formats an ended operation in one line.</summary>
    public static string FormatLine(Operation o) =>
        $"{o.Subject}: {StateCell(o).Text}"
        + (MadeCell(o) == "-" ? "" : $", {MadeCell(o)}")
        + (o.Result?.StoredBytes is > 0 and var bytes ? $", {DisplayFormat.Bytes(bytes)} stored" : "")
        + (o.Error is { } error ? $": {error.Message}" : "");

    /// <summary>Writes operations as a table or JSON document.</summary>
    public static void WriteList(CommandConsole console, IReadOnlyList<Operation> operations)
    {
        if (console.IsJson)
        {
            CommandConsole.WriteItems(operations);
        }
        else if (operations.Count == 0)
        {
            console.WriteLine("No operations.");
        }
        else
        {
            console.WriteTable(["OPERATION", "CREATED", "DATABASE", "TASK", "STATE", "MADE", ">STORED"], [.. operations.Select(Row)]);
        }
    }

    /// <summary>Writes the ids of started operations.</summary>
    public static int WriteStarted(CommandConsole console, IReadOnlyList<string> operations)
    {
        foreach (var id in operations.SkipLast(1))
        {
            console.WriteLine(id);
        }
        return ServerCommandExtensions.WriteResult(
            console,
            operations.Count == 0 ? "No databases." : operations[^1],
            new() { ["operationIds"] = new JsonArray([.. operations.Select(i => (JsonNode)i)]) }
        );
    }

    /// <summary>Reports the outcome of operations that have ended.</summary>
    /// <returns>The exit code.</returns>
    public static int WriteOutcome(CommandConsole console, IReadOnlyList<Operation> operations)
    {
        var failed = operations.Where(o => o.State != OperationState.Completed).ToList();
        if (console.IsJson)
        {
            WriteList(console, operations);
        }
        if (console.IsInteractive)
        {
            // The watcher has not written a line for each operation.
            var shown = operations.Count <= MaxRowsOnScreen ? operations : [.. failed.Take(MaxRowsOnScreen)];
            if (shown.Count > 0)
            {
                console.WriteTable(
                    ["DATABASE", "STATE", "MADE", ">STORED"],
                    [.. shown.Select(o => ((string, string?)[])[(o.Subject, null), StateCell(o), (MadeCell(o), null), StoredCell(o)])]
                );
            }
            foreach (var o in failed.Take(MaxRowsOnScreen))
            {
                console.WriteText(FormatLine(o));
            }
        }

        foreach (
            var warning in operations.SelectMany(o => (o.Result?.Warnings ?? []).Select(w => $"{o.Subject}: {w}")).Take(MaxRowsOnScreen)
        )
        {
            console.WriteText(warning);
        }
        foreach (var hint in failed.Select(o => o.Error?.Hint).OfType<string>().Distinct(StringComparer.Ordinal).Take(5))
        {
            console.WriteNote($"hint: {hint}");
        }
        if (operations.Count > 1)
        {
            console.WriteLine($"{Counts(operations)}: {DisplayFormat.Bytes(operations.Sum(o => o.Result?.StoredBytes ?? 0))} stored");
        }
        return ExitCode(operations.Count, failed);
    }

    private static OutcomeCounts Counts(IEnumerable<Operation> operations) =>
        OutcomeCounts.Count(operations.Select(o => (o.State, o.Result?.Unchanged == true)));

    // If all failed in the same way, the exit code is that of the failure; otherwise it is 1, "done with errors".
    private static int ExitCode(int all, List<Operation> failed)
    {
        if (failed.Count == 0)
        {
            return 0;
        }
        var codes = failed
            .Select(o => o.State == OperationState.CompletedWithErrors ? 1 : ErrorCatalog.Find(o.Error?.Code).ExitCode)
            .Distinct()
            .ToList();
        return failed.Count == all && codes.Count == 1 ? codes[0] : 1;
    }

    private static (string, string?)[] Row(Operation o) =>
        [
            (o.Id, null),
            (DisplayFormat.Time(o.Created), null),
            (o.Subject, null),
            (o.TaskName ?? KindCell(o.Kind), null),
            StateCell(o),
            (MadeCell(o), null),
            StoredCell(o),
        ];

    private static string KindCell(OperationKind kind) =>
        kind == OperationKind.RebuildCatalog ? "rebuild" : kind.ToString().ToLowerInvariant();

    private static (string, string?) StoredCell(Operation o) =>
        (o.Result?.StoredBytes is > 0 and var bytes ? DisplayFormat.Bytes(bytes) : "-", null);

    private static (string Text, string? Colour) StateCell(Operation o) =>
        o.State switch
        {
            OperationState.Completed when o.Result?.Unchanged == true => ("unchanged", "grey"),
            OperationState.Completed => ("done", "green"),
            OperationState.CompletedWithErrors => ("incomplete", "yellow"),
            OperationState.Failed => ("FAILED", "red"),
            var other => (other.ToString().ToLowerInvariant(), null),
        };

    private static string MadeCell(Operation o) =>
        o.Kind == OperationKind.Repair ? "repair"
        : o.Kind == OperationKind.RebuildCatalog ? "catalog"
        : $"{o.Result?.Kind} {o.Result?.Type}".Trim().ToLowerInvariant() is { Length: > 0 } made && o.Result?.Unchanged != true ? made
        : "-";
}
