using System.Text.Json.Nodes;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Cli.Output;

/// <summary>Tells how operations of the server stand, and how they ended.</summary>
internal static class OperationReport
{
    private const int MaxRowsOnScreen = 60;

    /// <summary>Whether it has ended.</summary>
    public static bool HasEnded(JsonNode operation) => operation.GetText("state") is not ("Queued" or "Running");

    /// <summary>One that has ended, in a line.</summary>
    public static string FormatLine(JsonNode o) =>
        $"{o.GetText("database")}: "
        + $"{StateCell(o).Text}{(MadeCell(o) == "-" ? "" : $", {MadeCell(o)}")}{(o.GetNumber("result", "storedBytes") is > 0 and var bytes ? $", {DisplayFormat.Bytes(bytes)} stored" : "")}{(o.FindText("error", "message") is { } message ? $": {message}" : "")}";

    /// <summary>Many, as a table or as a document.</summary>
    public static void WriteList(CommandConsole console, IReadOnlyList<JsonNode> operations)
    {
        if (console.IsJson)
        {
            CommandConsole.WriteJson(new JsonObject { ["items"] = new JsonArray([.. operations.Select(o => o.DeepClone())]) });
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

    /// <summary>Tells what became of all of them, after they were waited for.</summary>
    /// <returns>The exit code.</returns>
    public static int WriteOutcome(CommandConsole console, IReadOnlyList<JsonNode> operations)
    {
        var failed = operations.Where(o => o.GetText("state") != "Completed").ToList();
        if (console.IsJson)
        {
            WriteList(console, operations);
        }
        if (console.IsInteractive)
        {
            // The lines of those that ended were not shown.
            var shown = operations.Count <= MaxRowsOnScreen ? operations : [.. failed.Take(MaxRowsOnScreen)];
            if (shown.Count > 0)
            {
                console.WriteTable(
                    ["DATABASE", "STATE", "MADE", ">STORED"],
                    [
                        .. shown.Select(o =>
                            ((string, string?)[])[(o.GetText("database"), null), StateCell(o), (MadeCell(o), null), StoredCell(o)]
                        ),
                    ]
                );
            }
            foreach (var o in failed.Take(MaxRowsOnScreen))
            {
                console.WriteText(FormatLine(o));
            }
        }

        foreach (
            var warning in operations
                .SelectMany(o => (o["result"]?["warnings"] as JsonArray ?? []).Select(w => $"{o.GetText("database")}: {w}"))
                .Take(MaxRowsOnScreen)
        )
        {
            console.WriteText(warning);
        }
        foreach (var hint in failed.Select(o => o.FindText("error", "hint")).OfType<string>().Distinct(StringComparer.Ordinal).Take(5))
        {
            console.WriteNote($"hint: {hint}");
        }
        if (operations.Count > 1)
        {
            console.WriteLine(
                $"{Counts(operations)}: {DisplayFormat.Bytes(operations.Sum(o => o.GetNumber("result", "storedBytes")))} stored"
            );
        }
        return ExitCode(operations.Count, failed);
    }

    private static OutcomeCounts Counts(IEnumerable<JsonNode> operations) =>
        OutcomeCounts.Count(operations.Select(o => (Enum.Parse<OperationState>(o.GetText("state")), o.GetBoolean("result", "unchanged"))));

    // One kind of failure for all is that failure; some done and some not is "done with errors".
    private static int ExitCode(int all, List<JsonNode> failed)
    {
        if (failed.Count == 0)
        {
            return 0;
        }
        var codes = failed
            .Select(o => o.GetText("state") == "CompletedWithErrors" ? 1 : ErrorCatalogue.Find(o.FindText("error", "code")).ExitCode)
            .Distinct()
            .ToList();
        return failed.Count == all && codes.Count == 1 ? codes[0] : 1;
    }

    private static (string, string?)[] Row(JsonNode o) =>
        [
            (o.GetText("id"), null),
            (o.GetTime("created"), null),
            (o.GetText("database"), null),
            (o.FindText("taskName") ?? o.GetText("kind").ToLowerInvariant(), null),
            StateCell(o),
            (MadeCell(o), null),
            StoredCell(o),
        ];

    private static (string, string?) StoredCell(JsonNode o) =>
        (o.GetNumber("result", "storedBytes") is > 0 and var bytes ? DisplayFormat.Bytes(bytes) : "-", null);

    private static (string Text, string? Colour) StateCell(JsonNode o) =>
        o.GetText("state") switch
        {
            "Completed" when o.GetBoolean("result", "unchanged") => ("unchanged", "grey"),
            "Completed" => ("done", "green"),
            "CompletedWithErrors" => ("incomplete", "yellow"),
            "Failed" => ("FAILED", "red"),
            var other => (other.ToLowerInvariant(), null),
        };

    private static string MadeCell(JsonNode o) =>
        $"{o.FindText("result", "kind")} {o.FindText("result", "type")}".Trim().ToLowerInvariant() is { Length: > 0 } made
        && !o.GetBoolean("result", "unchanged")
            ? made
            : "-";
}
