using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Places;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Retention;

/// <summary>Retention as operators see to it: what would go, going by hand, and the approval of what a brake holds.</summary>
/// <param name="runner">Plans and deletes.</param>
/// <param name="destinations">The destinations.</param>
/// <param name="statuses">Where it is kept what retention waits for.</param>
/// <param name="isBusy">Whether a task waits or runs: retention follows its full backups by itself, and the two must not cross.</param>
public sealed class RetentionDesk(RetentionRunner runner, DestinationBook destinations, StateRecords<TaskStatus> statuses, Func<string, bool> isBusy)
{
    /// <summary>Told when one has ended that may have changed what it waits for. Must not block.</summary>
    public event Action? Ended;

    /// <summary>What would go now, at each destination of the task. Deletes nothing.</summary>
    public Task<IReadOnlyList<RetentionRun>> PreviewAsync(BackupTask task, CancellationToken cancellationToken) => EachAsync(
        task.Settings.Destinations,
        async (name, destination) => new(name, await runner.PlanAsync(task, destination, approved: false, cancellationToken), [], null),
        cancellationToken);

    /// <summary>Deletes what is past its time, except what a brake holds.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/> while a backup of the task waits or runs.</exception>
    public Task<IReadOnlyList<RetentionRun>> RunAsync(BackupTask task, CancellationToken cancellationToken) =>
        DeleteAsync(task, task.Settings.Destinations, _ => null, cancellationToken);

    /// <summary>Deletes what an operator has seen and approved: nothing else, and only what is still past its time.</summary>
    /// <param name="task">The task.</param>
    /// <param name="chains">Paths of chains, by the name of the destination.</param>
    /// <param name="cancellationToken">Stops it; what is deleted by then stays so.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/> while a backup of the task waits or runs.</exception>
    public Task<IReadOnlyList<RetentionRun>> ApproveAsync(BackupTask task, IReadOnlyDictionary<string, IReadOnlyList<string>> chains, CancellationToken cancellationToken) =>
        DeleteAsync(task, [.. task.Settings.Destinations.Where(chains.ContainsKey)], name => chains[name].ToHashSet(StringComparer.Ordinal), cancellationToken);

    private async Task<IReadOnlyList<RetentionRun>> DeleteAsync(BackupTask task, IReadOnlyList<string> names, Func<string, IReadOnlyCollection<string>?> approved, CancellationToken cancellationToken)
    {
        if (isBusy(task.Id)) throw new HoldfastException(ErrorCatalogue.NotAllowed, $"A backup of '{task.Database}' by task '{task.Name}' is under way.", "Ask again when it has ended; retention follows a full backup by itself.");
        var runs = await EachAsync(names, (name, destination) => runner.RunAsync(task, name, destination, approved(name), cancellationToken), cancellationToken);
        if (statuses.Find(task.Id) is { } status && RetentionRun.Apply(status, runs) is { } changed) statuses.Set(task.Id, changed);
        Ended?.Invoke();
        return runs;
    }

    // One destination that cannot be used stops no other.
    private async Task<IReadOnlyList<RetentionRun>> EachAsync(IReadOnlyList<string> names, Func<string, IDestination, Task<RetentionRun>> run, CancellationToken cancellationToken)
    {
        var runs = new List<RetentionRun>();
        foreach (var name in names)
        {
            try
            {
                runs.Add(await run(name, await destinations.OpenAsync(name, cancellationToken)));
            }
            catch (HoldfastException e)
            {
                runs.Add(new(name, null, [], e));
            }
        }

        return runs;
    }
}
