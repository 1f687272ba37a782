using System.Globalization;
using Holdfast.Core.Runs;
using MudBlazor;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats runs.</summary>
public static class RunFormatter
{
    /// <summary>The title of a run: <c>nightly, scheduled for 2026-11-27 02:00 UTC</c>.</summary>
    public static string Title(Run run) =>
        run.Slot is { } slot
            ? $"{run.TemplateName}, scheduled for {DisplayFormat.Time(slot)} UTC"
            : $"{run.TemplateName}, requested by {RequestedBy(run)}";

    /// <summary>Who requested the run: a user, a token or the schedule.</summary>
    public static string RequestedBy(Run run) => RequesterFormatter.Of(run.AskedBy);

    /// <summary>The state of a run, by its most severe outcome.</summary>
    public static StateAppearance AppearanceOf(Run run) =>
        run switch
        {
            { HasEnded: false } => new("Running", "busy", Icons.Material.Filled.PlayCircle),
            { Failed: > 0, Done: 0, Incomplete: 0 } => new("Failed", "bad", Icons.Material.Filled.Error),
            { Failed: > 0 } or { Missed: > 0 } => new("Partly failed", "bad", Icons.Material.Filled.Error),
            { Incomplete: > 0 } => new("Incomplete", "warn", Icons.Material.Filled.Rule),
            { Aborted: > 0 } => new("Aborted", "quiet", Icons.Material.Filled.StopCircle),
            _ => new("Done", "good", Icons.Material.Filled.CheckCircle),
        };

    /// <summary>
    /// How many of the due databases have a backup at every destination, and how many only at some: <c>300 of 311 backed
    /// up, 9 incomplete</c>.
    /// </summary>
    public static string SuccessSummary(Run run) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Done:N0} of {run.Due:N0} backed up{(run.Incomplete > 0 ? $", {run.Incomplete:N0} incomplete" : "")}"
        );

    /// <summary>The state of a database in a run.</summary>
    /// <param name="state">The state, as the API names it.</param>
    /// <param name="unchanged">Whether the database had not changed since its previous backup.</param>
    public static StateAppearance AppearanceOfDatabase(string state, bool unchanged) =>
        state switch
        {
            "Missed" => new("Missed", "bad", Icons.Material.Filled.EventBusy),
            "Due" => new("Not started", "quiet", Icons.Material.Filled.HourglassEmpty),
            "Completed" when unchanged => new("Unchanged", "good", Icons.Material.Filled.CheckCircle),
            "Completed" => new("Done", "good", Icons.Material.Filled.CheckCircle),
            "CompletedWithErrors" => new("Incomplete", "warn", Icons.Material.Filled.Rule),
            "Running" => new("Running", "busy", Icons.Material.Filled.PlayCircle),
            "Queued" => new("Queued", "quiet", Icons.Material.Filled.HourglassEmpty),
            "Aborted" => new("Aborted", "quiet", Icons.Material.Filled.StopCircle),
            _ => new("Failed", "bad", Icons.Material.Filled.Error),
        };

    /// <summary>Numbers of databases of a run by outcome, most severe first; zeros are omitted.</summary>
    public static IReadOnlyList<(int Count, string Word, string Tone, string State)> Parts(Run run)
    {
        (int Count, string Word, string Tone, string State)[] all =
        [
            (run.Failed, "failed", "bad", "Failed"),
            (run.Missed, "missed", "bad", "Missed"),
            (run.Incomplete, "incomplete", "warn", "CompletedWithErrors"),
            (run.Aborted, "aborted", "quiet", "Aborted"),
            (run.Running, "running", "busy", "Running"),
            (run.Waiting, "pending", "quiet", "Queued,Due"),
            (run.Done, "done", "good", "Completed"),
        ];
        return [.. all.Where(p => p.Count > 0)];
    }
}
