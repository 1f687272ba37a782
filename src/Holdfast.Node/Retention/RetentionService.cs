using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Destinations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Retention;

/// <summary>Retention as operators see to it: what would go, going by hand, and the approval of what a brake holds.</summary>
/// <param name="runner">Plans and deletes.</param>
/// <param name="destinations">The destinations.</param>
/// <param name="statuses">Where it is kept what retention waits for.</param>
/// <param name="queue">
/// Lets no backup of a task run while its chains are deleted: retention follows its full backups by itself, and the two
/// must not cross.
/// </param>
/// <param name="tasks">All tasks, as they are saved now.</param>
public sealed class RetentionService(
    RetentionRunner runner,
    DestinationRegistry destinations,
    WriteBehindState<TaskStatus> statuses,
    OperationQueue queue,
    TaskRegistry tasks
)
{
    /// <summary>Told when one has ended that may have changed what it waits for. Must not block.</summary>
    public event Action? Ended;

    /// <summary>What would go now, at each destination of the task. Deletes nothing.</summary>
    public Task<IReadOnlyList<RetentionResult>> PreviewAsync(BackupTask task, CancellationToken cancellationToken) =>
        RunAtEachAsync(
            task.Settings.Destinations,
            async (name, destination) =>
                new(name, await runner.PlanAsync(task, name, destination, approved: false, cancellationToken), [], null),
            cancellationToken
        );

    /// <summary>Deletes what is past its time, except what a brake holds.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/> where backups of the task do not end soon.</exception>
    public Task<IReadOnlyList<RetentionResult>> RunAsync(BackupTask task, CancellationToken cancellationToken) =>
        DeleteAsync(task, _ => true, _ => null, cancellationToken);

    /// <summary>Deletes what an operator has seen and approved: nothing else, and only what is still past its time.</summary>
    /// <param name="task">The task.</param>
    /// <param name="chains">Paths of chains, by the name of the destination.</param>
    /// <param name="cancellationToken">Stops it; what is deleted by then stays so.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/> where backups of the task do not end soon.</exception>
    public Task<IReadOnlyList<RetentionResult>> ApproveAsync(
        BackupTask task,
        IReadOnlyDictionary<string, IReadOnlyList<string>> chains,
        CancellationToken cancellationToken
    ) => DeleteAsync(task, chains.ContainsKey, name => chains[name].ToHashSet(StringComparer.Ordinal), cancellationToken);

    private Task<IReadOnlyList<RetentionResult>> DeleteAsync(
        BackupTask task,
        Func<string, bool> isMeant,
        Func<string, IReadOnlyCollection<string>?> approved,
        CancellationToken cancellationToken
    ) =>
        queue.RunExclusivelyAsync(
            task.Id,
            task.Settings.Destinations,
            token => DeleteExclusivelyAsync(task.Id, isMeant, approved, token),
            cancellationToken
        );

    // It may have waited: what was saved meanwhile holds, as how long backups are kept.
    private async Task<IReadOnlyList<RetentionResult>> DeleteExclusivelyAsync(
        string id,
        Func<string, bool> isMeant,
        Func<string, IReadOnlyCollection<string>?> approved,
        CancellationToken cancellationToken
    )
    {
        var task = tasks.Find(id)
            ?? throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"Task '{id}' is gone, or its database.",
                "What it has written stays. Remove single chains of it: POST /api/v1/backups/chains/remove."
            );
        List<string> names = [.. task.Settings.Destinations.Where(isMeant)];
        var runs = await RunAtEachAsync(
            names,
            (name, destination) => runner.RunAsync(task, name, destination, approved(name), cancellationToken),
            cancellationToken
        );
        statuses.Change(task.Id, status => status is null ? null : RetentionResult.Apply(status, runs));
        Subscribers.Notify(Ended);
        return runs;
    }

    // One destination that cannot be used stops no other.
    private async Task<IReadOnlyList<RetentionResult>> RunAtEachAsync(
        IReadOnlyList<string> names,
        Func<string, IDestination, Task<RetentionResult>> run,
        CancellationToken cancellationToken
    )
    {
        var runs = new List<RetentionResult>();
        foreach (var name in names)
        {
            try
            {
                await using var destination = await destinations.OpenAsync(name, cancellationToken);
                runs.Add(await run(name, destination));
            }
            catch (Exception e)
            {
                runs.Add(new(name, null, [], RetentionResult.Failure(e, cancellationToken)));
            }
        }

        return runs;
    }
}
