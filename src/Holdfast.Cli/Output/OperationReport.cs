using System.Text.Json.Nodes;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Cli.Output;

/// <summary>Tells how operations of the server stand, and how they ended.</summary>
internal static class OperationReport
{
    private const int MostRowsOnScreen = 60;

    /// <summary>Whether it has ended.</summary>
    public static bool HasEnded(JsonNode operation) => operation.Text("state") is not ("Queued" or "Running");

    /// <summary>One that has ended, in a line.</summary>
    public static string Line(JsonNode o) =>
        $"{o.Text("database")}: "
        + $"{State(o).Text}{(Made(o) == "-" ? "" : $", {Made(o)}")}{(o.Number("result", "storedBytes") is > 0 and var bytes ? $", {Words.Bytes(bytes)} stored" : "")}{(o.Find("error", "message") is { } message ? $": {message}" : "")}";

    /// <summary>Many, as a table or as a document.</summary>
    public static void List(CommandConsole console, IReadOnlyList<JsonNode> operations)
    {
        if (console.IsJson)
        {
            CommandConsole.Json(new JsonObject { ["items"] = new JsonArray([.. operations.Select(o => o.DeepClone())]) });
        }
        else if (operations.Count == 0)
        {
            console.Line("No operations.");
        }
        else
        {
            console.Table(["OPERATION", "CREATED", "DATABASE", "TASK", "STATE", "MADE", ">STORED"], [.. operations.Select(Row)]);
        }
    }

    /// <summary>Tells what became of all of them, after they were waited for.</summary>
    /// <returns>The exit code.</returns>
    public static int Finish(CommandConsole console, IReadOnlyList<JsonNode> operations)
    {
        var failed = operations.Where(o => o.Text("state") != "Completed").ToList();
        if (console.IsJson)
        {
            List(console, operations);
        }
        if (console.IsLive)
        {
            // The lines of those that ended were not shown.
            var shown = operations.Count <= MostRowsOnScreen ? operations : [.. failed.Take(MostRowsOnScreen)];
            if (shown.Count > 0)
            {
                console.Table(
                    ["DATABASE", "STATE", "MADE", ">STORED"],
                    [.. shown.Select(o => ((string, string?)[])[(o.Text("database"), null), State(o), (Made(o), null), Stored(o)])]
                );
            }
            foreach (var o in failed.Take(MostRowsOnScreen))
            {
                console.Text(Line(o));
            }
        }

        foreach (
            var warning in operations
                .SelectMany(o => (o["result"]?["warnings"] as JsonArray ?? []).Select(w => $"{o.Text("database")}: {w}"))
                .Take(MostRowsOnScreen)
        )
        {
            console.Text(warning);
        }
        foreach (var hint in failed.Select(o => o.Find("error", "hint")).OfType<string>().Distinct(StringComparer.Ordinal).Take(5))
        {
            console.Note($"hint: {hint}");
        }
        if (operations.Count > 1)
        {
            console.Line($"{Counts(operations)}: {Words.Bytes(operations.Sum(o => o.Number("result", "storedBytes")))} stored");
        }
        return ExitCode(operations.Count, failed);
    }

    private static OutcomeCounts Counts(IEnumerable<JsonNode> operations) =>
        OutcomeCounts.Of(operations.Select(o => (Enum.Parse<OperationState>(o.Text("state")), o.Flag("result", "unchanged"))));

    // One kind of failure for all is that failure; some done and some not is "done with errors".
    private static int ExitCode(int all, List<JsonNode> failed)
    {
        if (failed.Count == 0)
        {
            return 0;
        }
        var codes = failed
            .Select(o => o.Text("state") == "CompletedWithErrors" ? 1 : ErrorCatalogue.Find(o.Find("error", "code")).ExitCode)
            .Distinct()
            .ToList();
        return failed.Count == all && codes.Count == 1 ? codes[0] : 1;
    }

    private static (string, string?)[] Row(JsonNode o) =>
        [
            (o.Text("id"), null),
            (o.Time("created"), null),
            (o.Text("database"), null),
            (o.Find("taskName") ?? o.Text("kind").ToLowerInvariant(), null),
            State(o),
            (Made(o), null),
            Stored(o),
        ];

    private static (string, string?) Stored(JsonNode o) =>
        (o.Number("result", "storedBytes") is > 0 and var bytes ? Words.Bytes(bytes) : "-", null);

    private static (string Text, string? Colour) State(JsonNode o) =>
        o.Text("state") switch
        {
            "Completed" when o.Flag("result", "unchanged") => ("unchanged", "grey"),
            "Completed" => ("done", "green"),
            "CompletedWithErrors" => ("incomplete", "yellow"),
            "Failed" => ("FAILED", "red"),
            var other => (other.ToLowerInvariant(), null),
        };

    private static string Made(JsonNode o) =>
        $"{o.Find("result", "kind")} {o.Find("result", "type")}".Trim().ToLowerInvariant() is { Length: > 0 } made
        && !o.Flag("result", "unchanged")
            ? made
            : "-";
}
