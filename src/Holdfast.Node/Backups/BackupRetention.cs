using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Operations;
using Holdfast.Node.Retention;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups;

/// <summary>Applies the retention of a task after its full backup, as the last step of the same operation.</summary>
/// <param name="runner">Deletes expired chains.</param>
/// <param name="statuses">The task statuses, which record what retention could not delete.</param>
/// <param name="shared">Tells other servers which chains are gone.</param>
public sealed class BackupRetention(RetentionRunner runner, WriteBehindState<TaskStatus> statuses, SharedCatalogWriter shared)
{
    /// <summary>Applies retention. The backup is done: neither a failure nor an abort changes that.</summary>
    /// <param name="task">The task.</param>
    /// <param name="operation">The operation; its log reports deletions and failures.</param>
    /// <param name="destinations">The destinations that stored the backup.</param>
    internal async Task TryApplyAsync(
        BackupTask task,
        RunningOperation operation,
        IReadOnlyList<(string Name, IDestination Opened)> destinations
    )
    {
        try
        {
            await ApplyAsync(task, operation, destinations);
        }
        catch (Exception) when (operation.Stopping.IsCancellationRequested)
        {
            operation.Write("retention was stopped: it continues after the next full backup");
        }
        catch (Exception e)
        {
            operation.Write($"retention failed: {e.GetType().Name}: {e.Message}");
        }
    }

    private async Task ApplyAsync(
        BackupTask task,
        RunningOperation operation,
        IReadOnlyList<(string Name, IDestination Opened)> destinations
    )
    {
        if (statuses.Find(task.Id)?.RetentionProblems is null && !destinations.Any(d => runner.IsNeeded(task, d.Name)))
        {
            return;
        }
        var results = new List<RetentionResult>();
        foreach (var (name, destination) in destinations)
        {
            operation.Write(runner.IsLeftToBucket(name) ? $"retention: {name}: left to the bucket" : $"retention: checking {name}");
            var result = await runner.RunAsync(task, name, destination, approved: null, operation.Stopping);
            foreach (var path in result.Deleted)
            {
                operation.Write($"retention: {name}: {path} deleted");
            }
            foreach (var failure in result.Failures)
            {
                operation.Write($"retention: {name}: {failure.Path} stays: {failure.Error.Message}");
            }
            if (result.Problem is { } problem)
            {
                operation.Write($"retention: {name}: {problem.Message}");
            }
            if (result.Deleted.Count > 0)
            {
                await shared.TryUpdateAsync(new(name, destination.Identity), destination, task.Database, operation.Stopping);
            }
            results.Add(result);
        }

        statuses.Change(task.Id, status => status is null ? null : RetentionResult.Apply(status, results));
    }
}
