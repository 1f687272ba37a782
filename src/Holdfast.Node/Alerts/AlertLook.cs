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
internal static class AlertLook
{
    public static AlertSnapshot At(HoldfastNode node, BackupScheduler scheduler, DateTimeOffset now, IReadOnlyList<Alert> reported) =>
        new()
        {
            Now = now,
            UpSince = node.UpSince,
            DownSince = node.Clock.DownSince,
            SinceTurn = scheduler.SinceTurn,
            Zone = node.Settings.Zone,
            Databases = [.. node.State.Databases.Items.Select(d => d.Value)],
            Templates = [.. node.State.Templates.Items.Select(t => t.Value)],
            Tasks = [.. node.Tasks.All.Select(t => node.Protection.Facts(t))],
            Clashes = node.Tasks.Clashes,
            Clock = node.Clock.Current,
            Sources = [.. node.Sources.Items.Select(s => Source(s, node))],
            Destinations =
            [
                .. node
                    .Destinations.Items.Select(d => (d.Key, Problem: node.Destinations.IdentityProblem(d.Key)))
                    .Where(d => d.Problem is not null)
                    .Select(d => new AlertDestination(d.Key, OperationError.Of(d.Problem!))),
            ],
            SharedDestinations = node.Destinations.Shared,
            Loops =
            [
                .. node.Supervisor.Loops.Select(l => new AlertLoop(l.Name, l.LastBeat, l.Longest, l.Failures, l.Problem, l.Silence)),
                .. Unscheduled(node, scheduler, now),
            ],
            Running = [.. node.Queue.UnderWay.Select(Running)],
            NoProgress = node.Settings.NoProgress,
            Copies = node.Catalog.Troubles,
            CatalogProblem = node.Catalog.Problem is { } catalog ? OperationError.Of(catalog) : null,
            LateVerifications = node.Rotation.Late,
            DamagedCatalog = node.Catalog.Damaged,
            LostCatalog = node.Catalog.Lost,
            StoreProblem = (node.State.Writer.Problem ?? node.StateWatch.Problem) is { } problem ? OperationError.Of(problem) : null,
            Unreadable = node.State.Unreadable.ToDictionary(u => u.Key, u => OperationError.Of(u.Value), StringComparer.Ordinal),
            Reported = reported,
        };

    private static AlertOperation Running(OperationJob job)
    {
        var operation = job.Operation.Current;
        return new(operation.Id, operation.Kind, operation.Database, job.Source, job.Destinations, operation.Phase, job.Operation.StillFor);
    }

    private static AlertSource Source(SourceMonitor source, HoldfastNode node) =>
        new(source.Attached.Name, source.Status.Problem)
        {
            LastLook = source.LastLook,
            Interval = node.Sources.Interval,
            Identity = source.Status.Identity,
            Place = source.Status.Place,
            RestoreRole = node.RestoreRoles.Find(source.Attached.Name),
        };

    // One alert, however many tasks there are.
    private static IEnumerable<AlertLoop> Unscheduled(HoldfastNode node, BackupScheduler scheduler, DateTimeOffset now)
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
