using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Api;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Errors;
using Spectre.Console;

namespace Holdfast.Cli.Output;

/// <summary>Writes results: to a terminal with colour and boxes, to a pipe as plain lines, or as one JSON document.</summary>
internal sealed class CommandConsole(bool json)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.General) { WriteIndented = true };

    /// <summary>Whether results go out as JSON.</summary>
    public bool IsJson { get; } = json;

    /// <summary>Whether a person is watching: progress is drawn.</summary>
    public bool IsInteractive => !IsJson && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;

    /// <summary>Writes the one JSON document.</summary>
    public static void WriteJson<T>(T value, JsonTypeInfo<T> type) => Console.Out.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Writes the one JSON document: an answer of the server, with the members that it had.</summary>
    public static void WriteView<T>(T view) => WriteJson(ClientJson.ToDocument(view));

    /// <summary>Writes the one JSON document: a list that the server gave.</summary>
    public static void WriteItems<T>(IEnumerable<T> items) =>
        WriteJson(new JsonObject { ["items"] = new JsonArray([.. items.Select(i => (JsonNode?)ClientJson.ToDocument(i))]) });

    /// <summary>Writes the one JSON document.</summary>
    public static void WriteJson(JsonNode document) => Console.Out.WriteLine(document.ToJsonString(Indented));

    /// <summary>Tells a failure and what to do: as JSON on standard output, else on standard error.</summary>
    public void WriteFailure(HoldfastException fault)
    {
        if (IsJson)
        {
            WriteJson(new(ErrorView.Of(fault)), CliJson.Default.FailureView);
            return;
        }

        WriteError(fault);
    }

    /// <summary>Tells a failure of a part, and what to do, on standard error; the result goes out besides.</summary>
    public static void WriteError(HoldfastException fault)
    {
        WriteLabelled("error:", fault.Message);
        if (fault.Hint is not null)
        {
            WriteLabelled(" hint:", fault.Hint);
        }
    }

    /// <summary>Tells that the command was stopped before its end: as JSON on standard output, else on standard error.</summary>
    public void WriteStopped(string message)
    {
        if (IsJson)
        {
            WriteJson(new(new(ErrorCatalogue.Interrupted.Code, message, null)), CliJson.Default.FailureView);
        }
        else
        {
            WriteNote(message);
        }
    }

    /// <summary>Tells something by the way, on standard error.</summary>
    /// <param name="text">What it is.</param>
    /// <param name="isAlwaysTold">Whether it is told also beside a JSON document.</param>
    public void WriteNote(string text, bool isAlwaysTold = false)
    {
        if (!IsJson || isAlwaysTold)
        {
            Write(Console.Error, "", "    ", text);
        }
    }

    /// <summary>Writes a line of the result.</summary>
    public void WriteLine(string text = "")
    {
        if (!IsJson)
        {
            Console.Out.WriteLine(ToPrintable(text));
        }
    }

    /// <summary>Writes a text of the result that may have several lines, as SQL has. All but the first are indented.</summary>
    public void WriteText(string text)
    {
        if (!IsJson)
        {
            Write(Console.Out, "", "    ", text);
        }
    }

    /// <summary>A text as the cell of a table, which has one line.</summary>
    public static string ToCell(string text) => text.ReplaceLineEndings(" ");

    /// <summary>Writes a table: with boxes for a person, with two spaces between columns for a pipe.</summary>
    /// <param name="columns">Headings; one that begins with <c>&gt;</c> is set to the right.</param>
    /// <param name="rows">Cells, each with a colour for a terminal or null.</param>
    public void WriteTable(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<(string Text, string? Colour)>> rows)
    {
        var right = columns.Select(c => c.StartsWith('>')).ToList();
        var headings = columns.Select(c => c.TrimStart('>')).ToList();
        if (!IsInteractive)
        {
            var widths = headings.Select((h, i) => rows.Select(r => ToPrintable(r[i].Text).Length).Append(h.Length).Max()).ToList();
            foreach (var row in rows.Select(r => r.Select(c => ToPrintable(c.Text)).ToList()).Prepend(headings))
            {
                Console.Out.WriteLine(
                    string.Join("  ", row.Select((c, i) => right[i] ? c.PadLeft(widths[i]) : c.PadRight(widths[i]))).TrimEnd()
                );
            }
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        for (var i = 0; i < headings.Count; i++)
        {
            var column = new TableColumn($"[bold]{Markup.Escape(headings[i])}[/]");
            if (right[i])
            {
                column.RightAligned();
            }
            table.AddColumn(right[i] || i == 0 ? column.NoWrap() : column); // a name is never broken
        }

        foreach (var row in rows)
        {
            table.AddRow([
                .. row.Select(c =>
                    c.Colour is null ? Markup.Escape(ToPrintable(c.Text)) : $"[{c.Colour}]{Markup.Escape(ToPrintable(c.Text))}[/]"
                ),
            ]);
        }
        AnsiConsole.Write(table);
    }

    private static void WriteLabelled(string heading, string text) => Write(Console.Error, heading + " ", "       ", text);

    // All lines but the first are indented: what a name holds begins none that looks like one of ours. Tabs stay, for SQL is to be copied.
    private static void Write(TextWriter writer, string heading, string indent, string text)
    {
        foreach (var (i, line) in text.Split('\n').Index())
        {
            var parts = (line.EndsWith('\r') ? line[..^1] : line).Split('\t').Select(ToPrintable);
            writer.WriteLine($"{(i == 0 ? heading : indent)}{string.Join('\t', parts)}");
        }
    }

    // Names come from disks and archives: they must not be able to move the cursor, break a line or turn its direction.
    private static string ToPrintable(string text) =>
        text.Any(IsUnprintable) ? string.Concat(text.Select(c => IsUnprintable(c) ? '\uFFFD' : c)) : text;

    private static bool IsUnprintable(char c) =>
        char.IsControl(c) || c is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
