using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Api;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Errors;
using Spectre.Console;

namespace Holdfast.Cli.Output;

/// <summary>Writes results: with colour and boxes to a terminal, as plain lines to a pipe, or as one JSON document.</summary>
internal sealed class CommandConsole(bool json)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.General) { WriteIndented = true };

    /// <summary>Whether results are written as JSON.</summary>
    public bool IsJson { get; } = json;

    /// <summary>Whether the output is a terminal, so that progress is shown.</summary>
    public bool IsInteractive => !IsJson && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;

    /// <summary>Writes the JSON document.</summary>
    public static void WriteJson<T>(T value, JsonTypeInfo<T> type) => Console.Out.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Writes the JSON document: an answer of the server, with all members that the server sent.</summary>
    public static void WriteView<T>(T view) => WriteJson(ClientJson.ToDocument(view));

    /// <summary>Writes the JSON document: a list from the server.</summary>
    public static void WriteItems<T>(IEnumerable<T> items) =>
        WriteJson(new JsonObject { ["items"] = new JsonArray([.. items.Select(i => (JsonNode?)ClientJson.ToDocument(i))]) });

    /// <summary>Writes the JSON document.</summary>
    public static void WriteJson(JsonNode document) => Console.Out.WriteLine(document.ToJsonString(Indented));

    /// <summary>Reports a failure and its hint: as JSON on standard output, or as text on standard error.</summary>
    public void WriteFailure(HoldfastException failure)
    {
        if (IsJson)
        {
            WriteJson(new(ErrorView.Of(failure)), CliJson.Default.FailureView);
            return;
        }

        WriteError(failure);
    }

    /// <summary>Reports a partial failure and its hint on standard error; the result is written separately.</summary>
    public static void WriteError(HoldfastException failure)
    {
        WriteLabelled("error:", failure.Message);
        if (failure.Hint is not null)
        {
            WriteLabelled(" hint:", failure.Hint);
        }
    }

    /// <summary>Reports that the command was stopped: as JSON on standard output, or as text on standard error.</summary>
    public void WriteStopped(string message)
    {
        if (IsJson)
        {
            WriteJson(new(new(ErrorCatalog.Interrupted.Code, message, null)), CliJson.Default.FailureView);
        }
        else
        {
            WriteNote(message);
        }
    }

    /// <summary>Writes a note to standard error.</summary>
    /// <param name="text">The note.</param>
    /// <param name="always">Whether to write the note even with JSON output.</param>
    public void WriteNote(string text, bool always = false)
    {
        if (!IsJson || always)
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

    /// <summary>Writes text of the result that can have several lines, such as SQL. All lines but the first are indented.</summary>
    public void WriteText(string text)
    {
        if (!IsJson)
        {
            Write(Console.Out, "", "    ", text);
        }
    }

    /// <summary>Converts a text to a table cell, which has one line.</summary>
    public static string ToCell(string text) => text.ReplaceLineEndings(" ");

    /// <summary>Writes a table: with boxes to a terminal, with two spaces between columns to a pipe.</summary>
    /// <param name="columns">Headings; one that begins with <c>&gt;</c> is right-aligned.</param>
    /// <param name="rows">Cells, each with a colour for the terminal, or null.</param>
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
            table.AddColumn(right[i] || i == 0 ? column.NoWrap() : column); // names are never wrapped
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

    // Lines after the first are indented, so that no name can imitate a line of the command. Tabs stay, so that SQL can be copied.
    private static void Write(TextWriter writer, string heading, string indent, string text)
    {
        foreach (var (i, line) in text.Split('\n').Index())
        {
            var parts = (line.EndsWith('\r') ? line[..^1] : line).Split('\t').Select(ToPrintable);
            writer.WriteLine($"{(i == 0 ? heading : indent)}{string.Join('\t', parts)}");
        }
    }

    // Names come from disks and archives: they must not move the cursor, break lines or change the text direction.
    private static string ToPrintable(string text) =>
        text.Any(IsUnprintable) ? string.Concat(text.Select(c => IsUnprintable(c) ? '\uFFFD' : c)) : text;

    private static bool IsUnprintable(char c) =>
        char.IsControl(c) || c is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
