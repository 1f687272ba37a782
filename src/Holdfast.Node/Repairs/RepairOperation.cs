using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Alerts;
using Holdfast.Node.Destinations;
using Holdfast.Node.Destinations.Uploads;
using Holdfast.Node.Operations;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Repairs;

/// <summary>Copies what a destination of a task lacks from the others, as an operation, and records that it has it.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">Their statuses.</param>
/// <param name="destinations">Opens the destinations.</param>
/// <param name="availability">Knows which destinations wait for their upload windows.</param>
/// <param name="planner">Finds the chains.</param>
/// <param name="repairer">Repairs one chain.</param>
/// <param name="alerts">Evaluated again.</param>
public sealed class RepairOperation(
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses,
    DestinationRegistry destinations,
    DestinationAvailability availability,
    RepairPlanner planner,
    ChainRepairer repairer,
    AlertMonitor alerts
)
{
    /// <summary>Runs a repair and records its result.</summary>
    public Task RunAsync(RepairJob job, RunningOperation operation) =>
        OperationRunner.RunAsync(
            operation,
            token => RepairAsync(job, operation, token),
            $"repair of '{job.Database}'",
            "What was copied stays; the rest is copied by the next repair."
        );

    private async Task<(OperationResult, HoldfastException?)> RepairAsync(
        RepairJob job,
        RunningOperation operation,
        CancellationToken cancellationToken
    )
    {
        var task = tasks.Find(job.TaskId)
            ?? throw new HoldfastException(ErrorCatalog.NotFound, $"The task of '{job.Database}' no longer exists.", null);
        var meter = new RepairMeter();
        operation.MarkStarted(
            () =>
                (
                    "copying",
                    new()
                    {
                        TotalBytes = meter.TotalBytes,
                        DoneBytes = meter.DoneBytes,
                        Items = meter.Archives,
                    }
                ),
            () => meter.Activity
        );
        await using var leases = new DestinationLeases(destinations);
        var problems = new Dictionary<string, HoldfastException>(StringComparer.Ordinal);
        var opened = await OpenAsync(task, leases, meter, problems, operation, cancellationToken);
        var waiting = opened.Select(d => availability.FindWait(d.Name)).OfType<UploadWait>().ToDictionary(w => w.Destination);
        var paths = await planner.FindChainsAsync(job, task, opened, cancellationToken);
        if (paths.Count == 0)
        {
            throw problems.Values.Concat(opened.Select(d => d.Problem)).FirstOrDefault(p => p is not null)
                ?? new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"No destination has a backup of '{job.Database}' by the task '{task.Name}'.",
                    "Back it up first."
                );
        }
        foreach (var path in paths)
        {
            var readable = opened.Where(d => d.Problem is null).ToList();
            // One that waits for its upload window is read, but not written.
            var targets = readable
                .Select(d => d.Name)
                .Where(d => !waiting.ContainsKey(d) && planner.Takes(job, task, d, path, path == paths[0]))
                .ToHashSet(StringComparer.Ordinal);
            var (complete, newest) = await repairer.RepairAsync(path, job, readable, targets, operation, meter, cancellationToken);
            if (path == paths[0] && newest is not null)
            {
                Record(job, $"{path}/{newest}", complete);
            }
        }
        foreach (var destination in opened.Where(d => d.Problem is not null))
        {
            problems[destination.Name] = destination.Problem!;
        }
        return (
            new()
            {
                StoredBytes = meter.DoneBytes,
                Destinations = task.Settings.Destinations.ToDictionary(
                    d => d,
                    d =>
                        problems.TryGetValue(d, out var problem) ? Truncation.Truncate(problem.Message)
                        : waiting.TryGetValue(d, out var wait) ? wait.Message
                        : null,
                    StringComparer.Ordinal
                ),
                WaitingDestinations = waiting.Count > 0 ? [.. waiting.Keys] : null,
            },
            problems.Count == 0 ? null : CreateError(problems)
        );
    }

    private static HoldfastException CreateError(Dictionary<string, HoldfastException> problems)
    {
        var first = problems.Values.First();
        return new(
            first.Error,
            string.Join(' ', problems.Select(p => $"Destination '{p.Key}' may still lack archives: {p.Value.Message}")),
            first.Hint
        );
    }

    private static async Task<IReadOnlyList<RepairedDestination>> OpenAsync(
        BackupTask task,
        DestinationLeases leases,
        RepairMeter meter,
        Dictionary<string, HoldfastException> problems,
        RunningOperation operation,
        CancellationToken cancellationToken
    )
    {
        var opened = new List<RepairedDestination>();
        foreach (var name in task.Settings.Destinations)
        {
            try
            {
                var destination = await leases.OpenForBackupsAsync(name, cancellationToken);
                opened.Add(new(name, new ActivityReportingDestination(destination, meter.RecordActivity)));
            }
            catch (HoldfastException e)
            {
                problems[name] = e;
                operation.Write($"{name} cannot be used: {e.Message}");
            }
        }
        return opened;
    }

    // Only if that archive is still the newest one: otherwise a backup that ended meanwhile knows better.
    private void Record(RepairJob job, string archive, IReadOnlyList<string> complete)
    {
        statuses.Change(job.TaskId, status => status is null ? null : TaskStatusTransitions.MarkRepaired(status, archive, complete));
        alerts.Invalidate();
    }
}
