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
/// Compares each database that says of itself that nothing has changed with its newest backup once in
/// <see cref="TaskSettings.CompareEveryHours"/>, whether
/// or not a backup is due: those first that were longest not. One at a time, and only while no backup waits. One that
/// is equal leaves nothing but the time
/// of that; one that differs, or cannot be read, is backed up as an incremental, which tells what is the matter as any backup does.
/// </summary>
/// <param name="queue">Where each comparison waits for its turn.</param>
/// <param name="comparer">Compares one database.</param>
/// <param name="due">Finds those that are due.</param>
/// <param name="statuses">The statuses of tasks.</param>
/// <param name="backups">Queues the backups of those that differ.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs those that differ, or cannot be read.</param>
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
    /// <summary>How often it is looked for databases whose time has come.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMinutes(1);

    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="loop">Told that it lives.</param>
    /// <param name="cancellationToken">Ends it.</param>
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

                // It may have waited for days: it may be another task by now, or have been backed up.
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
            // It could not begin in time, for others read the source, or the node stops: it is due still.
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
            cancellationToken.ThrowIfCancellationRequested(); // what a reading says that is stopped in the middle is no news
            return (ComparisonResult.Differs, e); // as far as anybody can tell
        }
    }

    // One that does not move, as where a call to the source hangs, lets the loop stand still: that is an alert.
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
