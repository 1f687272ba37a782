using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Node.Scheduling;

namespace Holdfast.Node.Alerts;

/// <summary>Puts together what the rules of alerts look at. Costs some 10 ms of a core for 10,000 databases, so it is not done at each question.</summary>
internal static class AlertLook
{
    public static AlertSnapshot At(HoldfastNode node, BackupScheduler scheduler, DateTimeOffset now, IReadOnlyList<Alert> reported) => new()
    {
        Now = now,
        UpSince = node.UpSince,
        SinceTurn = scheduler.SinceTurn,
        Zone = node.Settings.Zone,
        Databases = [.. node.State.Databases.Items.Select(d => d.Value)],
        Templates = [.. node.State.Templates.Items.Select(t => t.Value)],
        Tasks = [.. node.Tasks.All.Select(t => Task(t, node, scheduler, now))],
        Sources = [.. node.Sources.Items.Select(s => new AlertSource(s.Attached.Name, s.Status.Problem))],
        StoreProblem = node.State.Writer.Problem is { } problem ? OperationError.Of(problem) : null,
        Unreadable = node.State.Unreadable.ToDictionary(u => u.Key, u => OperationError.Of(u.Value), StringComparer.Ordinal),
        Reported = reported,
    };

    private static AlertTask Task(Core.Tasks.BackupTask task, HoldfastNode node, BackupScheduler scheduler, DateTimeOffset now)
    {
        var due = scheduler.NextOf(task.Id)?.At;
        // Whether it runs matters only where it is late.
        var isRunning = now - due > AlertRules.Late && node.Dispatcher.Find(task.Id)?.Current.State == OperationState.Running;
        return new(task, node.StatusOf(task.Id), due, isRunning);
    }
}
