using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Destinations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Retention;

/// <summary>Manual retention: preview, run now, and approve deletions that a retention guard blocks.</summary>
/// <param name="runner">Plans and deletes.</param>
/// <param name="destinations">The destinations.</param>
/// <param name="statuses">The task statuses, which record what retention waits for.</param>
/// <param name="queue">
/// Prevents backups of a task while its chains are deleted: a full backup applies retention itself, and the two must not overlap.
/// </param>
/// <param name="tasks">The tasks with their current settings.</param>
/// <param name="shared">Tells other servers which chains are gone.</param>
public sealed class RetentionService(
    RetentionRunner runner,
    DestinationRegistry destinations,
    WriteBehindState<TaskStatus> statuses,
    OperationQueue queue,
    TaskRegistry tasks,
    SharedCatalogWriter shared
)
{
    /// <summary>Raised when a run has ended that may have changed what a task waits for. Must not block.</summary>
    public event Action? Ended;

    /// <summary>Previews the deletions at each destination of the task. Deletes nothing.</summary>
    public Task<IReadOnlyList<RetentionResult>> PreviewAsync(BackupTask task, CancellationToken cancellationToken) =>
        RunAtEachAsync(
            task.Settings.Destinations,
            async (name, destination) =>
                new(name, await runner.PlanAsync(task, name, destination, approved: false, cancellationToken), [], null)
                {
                    IsLeftToBucket = runner.IsLeftToBucket(name),
                },
            cancellationToken
        );

    /// <summary>Deletes the expired chains, except those that a retention guard blocks.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> if backups of the task do not end
    /// soon.</exception>
    public Task<IReadOnlyList<RetentionResult>> RunAsync(BackupTask task, CancellationToken cancellationToken) =>
        DeleteAsync(task, _ => true, _ => null, cancellationToken);

    /// <summary>Deletes the chains that an operator has approved: nothing else, and only those that have expired.</summary>
    /// <param name="task">The task.</param>
    /// <param name="chains">Paths of chains, by the names of destinations.</param>
    /// <param name="cancellationToken">Cancels the call; deleted chains stay deleted.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> if backups of the task do not end
    /// soon.</exception>
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

    // The call may have waited: the current settings apply, for example the retention time.
    private async Task<IReadOnlyList<RetentionResult>> DeleteExclusivelyAsync(
        string id,
        Func<string, bool> isMeant,
        Func<string, IReadOnlyCollection<string>?> approved,
        CancellationToken cancellationToken
    )
    {
        var task = tasks.Find(id)
            ?? throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Task '{id}' is gone, or its database.",
                "Its backups stay. Remove single chains of it: POST /api/v1/backups/chains/remove."
            );
        List<string> names = [.. task.Settings.Destinations.Where(isMeant)];
        var runs = await RunAtEachAsync(
            names,
            async (name, destination) =>
            {
                var result = await runner.RunAsync(task, name, destination, approved(name), cancellationToken);
                if (result.Deleted.Count > 0)
                {
                    await shared.TryUpdateAsync(new(name, destination.Identity), destination, task.Database, cancellationToken);
                }
                return result;
            },
            cancellationToken
        );
        statuses.Change(task.Id, status => status is null ? null : RetentionResult.Apply(status, runs));
        Subscribers.Notify(Ended);
        return runs;
    }

    // A destination that cannot be used does not stop the others.
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
