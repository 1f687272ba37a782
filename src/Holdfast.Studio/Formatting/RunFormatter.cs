using System.Globalization;
using Holdfast.Core.Runs;
using MudBlazor;

namespace Holdfast.Studio.Formatting;

/// <summary>Runs in words.</summary>
public static class RunFormatter
{
    /// <summary>What it is a run of: <c>nightly, slot of 2026-11-27 02:00 UTC</c>.</summary>
    public static string Title(Run run) =>
        run.Slot is { } slot
            ? $"{run.TemplateName}, slot of {DisplayFormat.Time(slot)} UTC"
            : $"{run.TemplateName}, asked for by {AskedBy(run)}";

    /// <summary>Who asked for it.</summary>
    public static string AskedBy(Run run) =>
        run.AskedBy is not { } by ? "the schedule"
        : by.StartsWith("token:", StringComparison.Ordinal) ? $"token {by["token:".Length..]}"
        : by;

    /// <summary>How it went, or goes: the gravest first.</summary>
    public static StateAppearance AppearanceOf(Run run) =>
        run switch
        {
            { HasEnded: false } => new("Running", "busy", Icons.Material.Filled.PlayCircle),
            { Failed: > 0, Done: 0, Incomplete: 0 } => new("Failed", "bad", Icons.Material.Filled.Error),
            { Failed: > 0 } or { Missed: > 0 } => new("Not all", "bad", Icons.Material.Filled.Error),
            { Incomplete: > 0 } => new("Incomplete", "warn", Icons.Material.Filled.Rule),
            { Aborted: > 0 } => new("Aborted", "quiet", Icons.Material.Filled.StopCircle),
            _ => new("Done", "good", Icons.Material.Filled.CheckCircle),
        };

    /// <summary>
    /// How many of those that were due have a backup at every destination, and how many not at every one: <c>300 of 311
    /// backed up, 9 incomplete</c>.
    /// </summary>
    public static string SuccessSummary(Run run) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Done:N0} of {run.Due:N0} backed up{(run.Incomplete > 0 ? $", {run.Incomplete:N0} incomplete" : "")}"
        );

    /// <summary>What became of a database in a run, as the API names it.</summary>
    public static StateAppearance AppearanceOfDatabase(string state, bool unchanged) =>
        state switch
        {
            "Missed" => new("Missed", "bad", Icons.Material.Filled.EventBusy),
            "Due" => new("Not yet begun", "quiet", Icons.Material.Filled.HourglassEmpty),
            "Completed" when unchanged => new("Unchanged", "good", Icons.Material.Filled.CheckCircle),
            "Completed" => new("Done", "good", Icons.Material.Filled.CheckCircle),
            "CompletedWithErrors" => new("Incomplete", "warn", Icons.Material.Filled.Rule),
            "Running" => new("Running", "busy", Icons.Material.Filled.PlayCircle),
            "Queued" => new("Queued", "quiet", Icons.Material.Filled.HourglassEmpty),
            "Aborted" => new("Aborted", "quiet", Icons.Material.Filled.StopCircle),
            _ => new("Failed", "bad", Icons.Material.Filled.Error),
        };

    /// <summary>The parts of a run, by what became of its databases; those that are none are left out.</summary>
    public static IReadOnlyList<(int Count, string Word, string Tone, string State)> Parts(Run run)
    {
        (int Count, string Word, string Tone, string State)[] all =
        [
            (run.Failed, "failed", "bad", "Failed"),
            (run.Missed, "missed", "bad", "Missed"),
            (run.Incomplete, "incomplete", "warn", "CompletedWithErrors"),
            (run.Aborted, "aborted", "quiet", "Aborted"),
            (run.Running, "running", "busy", "Running"),
            (run.Waiting, "waiting", "quiet", "Queued,Due"),
            (run.Done, "done", "good", "Completed"),
        ];
        return [.. all.Where(p => p.Count > 0)];
    }
}
