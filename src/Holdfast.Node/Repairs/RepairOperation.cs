using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Alerts;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Operations;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Repairs;

/// <summary>Copies what a destination of a task lacks from the others, as an operation, and records that it has it.</summary>
/// <param name="tasks">All tasks.</param>
/// <param name="statuses">Their statuses.</param>
/// <param name="destinations">Opens the destinations.</param>
/// <param name="repairer">Repairs one chain.</param>
/// <param name="catalog">Knows the chains.</param>
/// <param name="alerts">Evaluated again.</param>
/// <param name="time">The clock.</param>
public sealed class RepairOperation(
    TaskRegistry tasks,
    WriteBehindState<TaskStatus> statuses,
    DestinationRegistry destinations,
    ChainRepairer repairer,
    ICatalog catalog,
    AlertMonitor alerts,
    TimeProvider time
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
        var paths = await FindChainsAsync(job, task, opened, cancellationToken);
        if (paths.Count == 0)
        {
            throw problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"No destination has a backup of '{job.Database}' by the task '{task.Name}'.",
                    "Back it up first."
                );
        }
        foreach (var path in paths)
        {
            var taking = opened.Where(d => job.AllChains || TakesExisting(d, path, task)).ToList();
            var (complete, newest) = await repairer.RepairAsync(path, job, taking, operation, meter, cancellationToken);
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
                    d => problems.TryGetValue(d, out var problem) ? Truncation.Truncate(problem.Message) : null,
                    StringComparer.Ordinal
                ),
            },
            problems.Count == 0 ? null : CreateError(problems, opened)
        );
    }

    private static HoldfastException CreateError(Dictionary<string, HoldfastException> problems, IReadOnlyList<RepairedDestination> opened)
    {
        var (name, first) = problems.First();
        var failed = opened.FirstOrDefault(d => d.Name == name)?.Failed;
        return new(
            first.Error,
            failed is null
                ? $"Destination '{name}' cannot be repaired: {first.Message}"
                : $"Destination '{name}' still lacks {failed} archives. The first: {first.Message}",
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

    // The newest chain first, because it is what protects the database.
    private async Task<IReadOnlyList<string>> FindChainsAsync(
        RepairJob job,
        BackupTask task,
        IReadOnlyList<RepairedDestination> opened,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var chains = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var destination in opened)
        {
            await foreach (var chain in DatabaseFolder.Of(destination.Destination, job.Database).ListChainsAsync(cancellationToken))
            {
                if (chain.Name.Task == job.TaskId && chain.Archives.Count > 0 && !chain.HasFutureName(now))
                {
                    chains[chain.Path] = Max(chains.GetValueOrDefault(chain.Path), chain.NewestTime);
                }
            }
        }
        var ordered = chains.OrderByDescending(c => c.Key, StringComparer.Ordinal).ToList();
        if (ordered.Count == 0)
        {
            return [];
        }
        // What retention would delete at once is not copied.
        var oldest = task.Settings.Retention is { } retention ? now - retention.MinimumAge : DateTimeOffset.MinValue;
        return
        [
            ordered[0].Key,
            .. ordered.Skip(1).Where(c => job.AllChains ? c.Value >= oldest : HasLostCopies(c.Key, task)).Select(c => c.Key),
        ];
    }

    private bool HasLostCopies(string path, BackupTask task) =>
        catalog.Find(path) is { } chain
        && chain.Entries.Any(e =>
            e.Copies.Any(c =>
                c is { State: not CopyState.Whole, IsAcknowledged: false } && task.Settings.Destinations.Contains(c.Destination)
            )
        );

    // Whether a chain may be copied there although nothing of it has been there.
    private bool TakesExisting(RepairedDestination destination, string path, BackupTask task) =>
        task.Settings.ExistingBackups != ExistingBackups.None
        || catalog.Find(path)?.Entries.Any(e => e.CopyAt(destination.Name) is not null) != false;

    // Only if that archive is still the newest one: otherwise a backup that ended meanwhile knows better.
    private void Record(RepairJob job, string archive, IReadOnlyList<string> complete)
    {
        statuses.Change(job.TaskId, status => status is null ? null : TaskStatusTransitions.MarkRepaired(status, archive, complete));
        alerts.Invalidate();
    }

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
