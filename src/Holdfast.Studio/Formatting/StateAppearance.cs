using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using MudBlazor;

namespace Holdfast.Studio.Formatting;

/// <summary>How a state is displayed.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Tone"><c>good</c>, <c>bad</c>, <c>warn</c>, <c>busy</c> or <c>quiet</c>: a suffix of CSS classes.</param>
/// <param name="Icon">Its icon.</param>
public sealed record StateAppearance(string Label, string Tone, string Icon)
{
    /// <summary>For the state of a database, as the API names it.</summary>
    public static StateAppearance OfDatabase(string state) =>
        state switch
        {
            "Covered" => new("Protected", "good", Icons.Material.Filled.CheckCircle),
            "Incomplete" => new("Incomplete", "warn", Icons.Material.Filled.Rule),
            "AtRisk" => new("At risk", "bad", Icons.Material.Filled.GppMaybe),
            "Missing" => new("Missing", "bad", Icons.Material.Filled.SearchOff),
            "Held" => new("Postponed", "warn", Icons.Material.Filled.PauseCircle),
            "Failing" => new("Failing", "bad", Icons.Material.Filled.Error),
            "Overdue" => new("Overdue", "bad", Icons.Material.Filled.RunningWithErrors),
            "Uncovered" => new("Not covered", "bad", Icons.Material.Filled.GppBad),
            "Unreadable" => new("Unreadable", "bad", Icons.Material.Filled.ReportProblem),
            "Waiting" => new("No backup yet", "warn", Icons.Material.Filled.HourglassTop),
            "Dropped" => new("Dropped", "quiet", Icons.Material.Filled.RemoveCircleOutline),
            _ => new(state, "quiet", Icons.Material.Filled.HelpOutline),
        };

    /// <summary>For the state of an operation.</summary>
    public static StateAppearance OfOperation(OperationState state) =>
        state switch
        {
            OperationState.Queued => new("Queued", "quiet", Icons.Material.Filled.HourglassEmpty),
            OperationState.Running => new("Running", "busy", Icons.Material.Filled.PlayCircle),
            OperationState.Completed => new("Completed", "good", Icons.Material.Filled.CheckCircle),
            OperationState.CompletedWithErrors => new("Completed with errors", "warn", Icons.Material.Filled.Warning),
            OperationState.Aborted => new("Aborted", "quiet", Icons.Material.Filled.StopCircle),
            _ => new("Failed", "bad", Icons.Material.Filled.Error),
        };

    /// <summary>For a running backup at one of its destinations.</summary>
    public static StateAppearance OfOutput(OutputState state) =>
        state switch
        {
            OutputState.Writing => new("Writing", "busy", Icons.Material.Filled.PlayCircle),
            OutputState.Behind => new("Behind", "busy", Icons.Material.Filled.HourglassBottom),
            OutputState.Spooled => new("Spooled", "warn", Icons.Material.Filled.Storage),
            OutputState.Publishing => new("Publishing", "busy", Icons.Material.Filled.Publish),
            OutputState.Done => new("Stored", "good", Icons.Material.Filled.CheckCircle),
            _ => new("Failed", "bad", Icons.Material.Filled.Error),
        };

    /// <summary>For the severity of an alert.</summary>
    public static StateAppearance OfAlert(AlertSeverity severity) =>
        severity switch
        {
            AlertSeverity.Error => new("Error", "bad", Icons.Material.Filled.Error),
            AlertSeverity.Warning => new("Warning", "warn", Icons.Material.Filled.Warning),
            _ => new("Info", "quiet", Icons.Material.Filled.Info),
        };
}
