using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups.Queueing;
using Holdfast.Node.Jobs;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;
using Holdfast.State;
using Microsoft.Extensions.Logging;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups.Comparing;

/// <summary>
/// Compares each database with an unchanged change token to its newest backup once in <see cref="TaskSettings.CompareEveryHours"/>,
/// whether or not a backup is due; those not compared for the longest time first. Runs one comparison at a time, and only while no
/// backup is queued. If the database is equal, only the time is recorded; if it differs or cannot be read, an incremental backup is
/// queued, which reports the problem as any backup does.
/// </summary>
/// <param name="queue">The queue in which comparisons wait for their turn.</param>
/// <param name="comparer">Compares one database.</param>
/// <param name="due">Finds the databases that are due.</param>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="backups">Queues backups of databases that differ.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs databases that differ or cannot be read.</param>
public sealed partial class ComparisonScheduler(
    OperationQueue queue,
    DatabaseComparer comparer,
    DueComparisons due,
    WriteBehindState<TaskStatus> statuses,
    BackupService backups,
    TimeProvider time,
    ILogger<ComparisonScheduler> logger
)
{
    /// <summary>Time between two searches for due databases.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMinutes(1);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="loop">Notified of each completed iteration.</param>
    /// <param name="cancellationToken">Stops the loop.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            loop.CompleteIteration();
            foreach (var task in GetDue())
            {
                while (queue.Backups.Waiting > 0)
                {
                    await Task.Delay(PollInterval, time, cancellationToken);
                    loop.CompleteIteration();
                }

                // The comparison may have been queued for days: the task may have changed, or a backup may have run.
                if (due.Find(task.Id) is { } still)
                {
                    await CompareAsync(still, loop, cancellationToken);
                }
            }
        }
    }

    /// <inheritdoc cref="DueComparisons.All"/>
    public IReadOnlyList<BackupTask> GetDue() => due.All;

    private async Task CompareAsync(BackupTask task, SupervisedLoop loop, CancellationToken cancellationToken)
    {
        var (start, meter) = (time.GetUtcNow(), new BackupMeter(0));
        try
        {
            var running = queue.CompareAsync(task.Database, token => TryCompareAsync(task, meter, token), cancellationToken);
            await ReportProgressAsync(running, meter, loop, cancellationToken);
            var (result, failure) = await running;
            if (result == ComparisonResult.SourceUnavailable)
            {
                return;
            }
            if (failure is not null)
            {
                LogCannotBeRead(task.Database, task.Name, failure.Message);
            }
            else if (result == ComparisonResult.Differs)
            {
                LogDiffers(task.Database, task.Name);
            }
            if (result == ComparisonResult.Differs)
            {
                backups.BackUpDiffering(task);
            }
            statuses.Change(task.Id, status =>
                status is null ? null : TaskStatusTransitions.MarkCompared(status, start, result == ComparisonResult.IsEqual)
            );
        }
        catch (HoldfastException)
        {
            // It could not start in time, because others read the source or the node is stopping: it is still due.
        }
    }

    private async Task<(ComparisonResult Result, Exception? Failure)> TryCompareAsync(
        BackupTask task,
        BackupMeter meter,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (await comparer.CompareAsync(task, statuses.Of(task.Id), meter, cancellationToken), null);
        }
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested(); // the result of a cancelled read means nothing
            return (ComparisonResult.Differs, e); // as far as can be determined
        }
    }

    // If the comparison makes no progress, for example because a call to the source hangs, the loop counts as stalled, which raises
    // an alert.
    private async Task ReportProgressAsync(Task running, BackupMeter meter, SupervisedLoop loop, CancellationToken cancellationToken)
    {
        for (long seen = 0; !running.IsCompleted; )
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(running, Task.Delay(PollInterval, time, wait.Token));
            await wait.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (meter.DoneBytes == seen)
            {
                continue;
            }
            seen = meter.DoneBytes;
            loop.CompleteIteration();
        }
    }

    [LoggerMessage(
        EventId = 5121,
        Level = LogLevel.Warning,
        Message = "Database {Database} differs from its newest backup (task {Task}), though its change token says that it does not: it "
            + "is backed up"
    )]
    private partial void LogDiffers(DatabaseId database, string task);

    [LoggerMessage(
        EventId = 5122,
        Level = LogLevel.Warning,
        Message = "Database {Database} cannot be compared with its newest backup (task {Task}): {Reason} A backup is tried"
    )]
    private partial void LogCannotBeRead(DatabaseId database, string task, string reason);
}
