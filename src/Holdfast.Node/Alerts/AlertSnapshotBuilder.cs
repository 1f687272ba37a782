using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Scheduling;

namespace Holdfast.Node.Alerts;

/// <summary>
/// Puts together what the rules of alerts look at. Costs some 10 ms of a core for 10,000 databases, so it is not done
/// at each question.
/// </summary>
internal static class AlertSnapshotBuilder
{
    public static AlertSnapshot Capture(HoldfastNode node, BackupScheduler scheduler, DateTimeOffset now, IReadOnlyList<Alert> reported) =>
        new()
        {
            Now = now,
            StartedAt = node.StartedAt,
            LastSeenAlive = node.Clock.LastSeenAlive,
            SinceSchedulerIteration = scheduler.SinceLastIteration,
            TimeZone = node.Settings.Zone,
            Databases = [.. node.State.Databases.Items.Select(d => d.Value)],
            Templates = [.. node.State.Templates.Items.Select(t => t.Value)],
            Tasks = [.. node.Tasks.All.Select(t => node.Protection.Facts(t))],
            TaskIdConflicts = node.Tasks.IdConflicts,
            Clock = node.Clock.Current,
            Sources = [.. node.Sources.Items.Select(s => ToAlertSource(s, node))],
            Destinations =
            [
                .. node
                    .Destinations.Items.Select(d => (d.Key, Problem: node.Destinations.IdentityProblem(d.Key)))
                    .Where(d => d.Problem is not null)
                    .Select(d => new DestinationAlertInput(d.Key, OperationError.From(d.Problem!))),
            ],
            SharedDestinations = node.Destinations.Overlapping,
            Loops =
            [
                .. node.Supervisor.Loops.Select(l => new LoopAlertInput(
                    l.Name,
                    l.LastIteration,
                    l.MaxInterval,
                    l.Failures,
                    l.Problem,
                    l.SinceLastIteration
                )),
                .. FindUnscheduled(node, scheduler, now),
            ],
            RunningOperations = [.. node.Queue.InProgress.Select(ToAlertOperation)],
            NoProgressThreshold = node.Settings.NoProgressThreshold,
            Archives = node.Catalog.CopyProblems,
            CatalogProblem = node.Catalog.Problem is { } catalog ? OperationError.From(catalog) : null,
            LateVerifications = node.VerificationScheduler.Overdue,
            DamagedCatalogPath = node.Catalog.DamagedFile,
            LostCatalogMarkerPath = node.Catalog.LostMarker,
            StateStoreProblem = (node.State.Writer.Problem ?? node.StateStoreProbe.Problem) is { } problem
                ? OperationError.From(problem)
                : null,
            UnreadableValues = node.State.Unreadable.ToDictionary(u => u.Key, u => OperationError.From(u.Value), StringComparer.Ordinal),
            ReportedAlerts = reported,
        };

    private static OperationAlertInput ToAlertOperation(OperationJob job)
    {
        var operation = job.Operation.Current;
        return new(
            operation.Id,
            operation.Kind,
            operation.Database,
            job.Source,
            job.Destinations,
            operation.Phase,
            job.Operation.TimeWithoutProgress
        );
    }

    private static SourceAlertInput ToAlertSource(SourceMonitor source, HoldfastNode node) =>
        new(source.Attached.Name, source.Status.Problem)
        {
            LastDiscovery = source.LastDiscovery,
            DiscoveryInterval = node.Sources.Interval,
            Identity = source.Status.Identity,
            Location = source.Status.Location,
            RestoreRole = node.RestoreRoleGuard.Find(source.Attached.Name),
        };

    // One alert, however many tasks there are.
    private static IEnumerable<LoopAlertInput> FindUnscheduled(HoldfastNode node, BackupScheduler scheduler, DateTimeOffset now)
    {
        var problems = scheduler.Problems;
        if (problems.Count == 0)
        {
            yield break;
        }
        var (id, problem) = problems.First();
        var example = node.Tasks.Find(id) is { } task ? $"that of '{task.Database}' by task '{task.Name}'" : $"task {id}";
        yield return new(
            "begin of backups",
            now,
            TimeSpan.Zero,
            1,
            problem with
            {
                Message = $"{problems.Count} cannot be scheduled or begun; for example {example}: {problem.Message}",
            },
            TimeSpan.Zero
        );
    }
}
