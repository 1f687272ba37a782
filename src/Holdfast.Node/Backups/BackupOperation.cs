using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Destinations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Retention;
using Holdfast.Node.Secrets;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups;

/// <summary>
/// Runs one backup as an operation: finds source, keys and destinations, keeps the task's status, and lets retention
/// follow a full.
/// </summary>
public sealed class BackupOperation
{
    private readonly SourceRegistry _sources;
    private readonly Func<string, BackupTask?> _findTask;
    private readonly DestinationRegistry _destinations;
    private readonly DatabaseKeys _keys;
    private readonly WriteBehindState<TaskStatus> _statuses;
    private readonly RetentionRunner _retention;
    private readonly ICatalog _catalog;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;

    /// <summary>Makes it.</summary>
    public BackupOperation(
        SourceRegistry sources,
        Func<string, BackupTask?> taskOf,
        DestinationRegistry destinations,
        DatabaseKeys keys,
        WriteBehindState<TaskStatus> statuses,
        RetentionRunner retention,
        ICatalog catalog,
        NodeSettings settings,
        TimeProvider time
    ) =>
        (_sources, _findTask, _destinations, _keys, _statuses, _retention, _catalog, _settings, _time) = (
            sources,
            taskOf,
            destinations,
            keys,
            statuses,
            retention,
            catalog,
            settings,
            time
        );

    /// <summary>Runs a backup to its end, whatever that is.</summary>
    /// <param name="work">What is asked for.</param>
    /// <param name="operation">Its operation.</param>
    /// <param name="written">Called when the database has been read and only publishing is left.</param>
    internal async Task RunAsync(BackupWorkItem work, RunningOperation operation, Action written)
    {
        await using var leases = new DestinationLeases(_destinations);
        if (ResolveCurrentJob(work.Job, operation) is not { } job)
        {
            if (operation.TryClaim())
            {
                operation.End(
                    OperationState.Aborted,
                    null,
                    new(ErrorCatalogue.Aborted, "Its task was deleted or switched off while it waited, or its database dropped.", null)
                );
            }
            return;
        }

        var start = _time.GetUtcNow();
        work.StatusBefore = TaskStatus.NeverRun;
        UpdateStatus(job, status =>
            TaskStatusTransitions.MarkStarted(work.StatusBefore = status, job.Kind, start, _settings.Tag, operation.Id)
        );
        operation.MarkStarted(() => ("opening", new()));
        try
        {
            var (result, content, opened) = await BackUpAsync(job, operation, leases, written);
            if (!TrySucceed(work, operation, start, result, content))
            {
                return;
            }
            if (job.Task is not null && result is { Kind: BackupKind.Full })
            {
                await TryApplyRetentionAsync(job.Task, operation, opened);
            }
            if (operation.TryClaim())
            {
                operation.TryEndAsSucceeded();
            }
        }
        catch (OperationCanceledException) when (operation.Stopping.IsCancellationRequested)
        {
            if (operation.TryClaim())
            {
                Terminate(work, operation, operation.IsAborted ? StopReason.Aborted : StopReason.NodeShutdown);
            }
        }
        catch (Exception e)
        {
            // The one catch-all: other backups go on. A cancellation that nobody of us asked for is a failure like any other.
            if (operation.TryClaim())
            {
                Fail(work, operation, UnexpectedFailure.Wrap($"The backup of '{job.Database}'", e));
            }
        }
    }

    // It may have waited for hours: what an operator has saved since holds for it too. Null where it shall not run any more.
    private BackupJob? ResolveCurrentJob(BackupJob job, RunningOperation operation)
    {
        if (job.Task is not { } queued)
        {
            return job;
        }
        if (_findTask(queued.Id) is not { } task || (!task.Settings.Runs && operation.Current.AskedBy is null))
        {
            return null;
        }
        return job with { Settings = task.Settings, Task = task };
    }

    /// <summary>Ends a backup that waits, was stopped, or hangs; for whoever has claimed its operation.</summary>
    internal void Terminate(BackupWorkItem work, RunningOperation operation, StopReason reason)
    {
        if (operation.TryEndAsSucceeded())
        {
            return;
        }
        var (job, now) = (work.Job, _time.GetUtcNow());
        var start = operation.Current.Started ?? now;
        switch (reason)
        {
            case StopReason.Aborted:
                UpdateStatus(job, status =>
                    operation.DelayedUntil is { } until
                        ? TaskStatusTransitions.MarkDelayed(status, job.Kind, start, now, until)
                        : TaskStatusTransitions.MarkAborted(status, job.Kind, start, now)
                );
                operation.End(OperationState.Aborted, null, OperationWorkItem.CreateStopException(reason, operation));
                break;
            case StopReason.Stalled:
                Fail(work, operation, OperationWorkItem.CreateStopException(reason, operation));
                break;
            default:
                // What was due before it is due again, and it waits for the next start itself, too.
                if (work.StatusBefore is { } before)
                {
                    UpdateStatus(job, status => TaskStatusTransitions.MarkInterrupted(status, before));
                }
                operation.Requeue();
                break;
        }
    }

    private void Fail(BackupWorkItem work, RunningOperation operation, HoldfastException failure)
    {
        var (job, now) = (work.Job, _time.GetUtcNow());
        // It is thrown only where no destination took anything.
        var isOfDestinations =
            failure.Error == ErrorCatalogue.DestinationFailed
            || failure.Error == ErrorCatalogue.DestinationFull
            || failure.Error == ErrorCatalogue.DestinationIdentity;
        var all = isOfDestinations ? job.Settings.Destinations : null;
        UpdateStatus(job, status =>
            TaskStatusTransitions.MarkFailed(status, job.Kind, operation.Current.Started ?? now, now, OperationError.From(failure), all)
        );
        operation.End(OperationState.Failed, null, failure);
    }

    // Stored before anything follows it, so that nothing that follows can take it back. False where somebody has ended
    // the operation meanwhile.
    private bool TrySucceed(
        BackupWorkItem work,
        RunningOperation operation,
        DateTimeOffset start,
        OperationResult result,
        ContentDigest? content
    )
    {
        var failed = result.Destinations.Where(d => d.Value is not null).Select(d => d.Value!).ToList();
        var error =
            failed.Count == 0
                ? null
                : new HoldfastException(
                    ErrorCatalogue.DestinationFailed,
                    string.Join(' ', failed),
                    "The other destinations have the archive. What one misses is copied there before the next incremental."
                );
        if (!operation.TryMarkSucceeded(failed.Count == 0 ? OperationState.Completed : OperationState.CompletedWithErrors, result, error))
        {
            return false;
        }
        UpdateStatus(work.Job, status => TaskStatusTransitions.MarkSucceeded(status, start, _time.GetUtcNow(), result, content));
        foreach (var warning in result.Warnings)
        {
            operation.Write(warning);
        }
        return true;
    }

    // Of the status as it is by then: a destination may be changed meanwhile, which changes it too.
    private void UpdateStatus(BackupJob job, Func<TaskStatus, TaskStatus> change)
    {
        if (job.Task is not null)
        {
            _statuses.Change(job.Task.Id, status => change(status ?? TaskStatus.NeverRun));
        }
    }

    private async Task<(
        OperationResult Result,
        ContentDigest? Content,
        IReadOnlyList<(string Name, IDestination Opened)> Destinations
    )> BackUpAsync(BackupJob job, RunningOperation operation, DestinationLeases leases, Action written)
    {
        var stop = operation.Stopping;
        stop.ThrowIfCancellationRequested();
        // waits where the server has just started, and does not know yet what is there
        await using var use = await _sources.AcquireAsync(job.Database.Source, stop);
        var database = use.GetDatabase(job.Database.Name);
        var (opened, unusable) = await OpenAsync(job.Settings.Destinations, leases, stop);
        var meter = new BackupMeter(opened.Count) { Log = operation };
        operation.MarkStarted(() => (meter.Phase, ReadProgress(meter, opened)), () => meter.Activity);
        var runner = new DatabaseBackup(
            use.Engine,
            use.Source,
            [.. opened.Select(d => new ActivityReportingDestination(d.Opened, meter.RecordActivity))],
            CreateOptions(job),
            _time,
            CreateCatalog(job, opened)
        );
        // A key is asked for only where one can be needed: the store answers one at a time, and there can be 10,000 backups.
        var key = database.Encryption == EncryptionState.No ? null : await _keys.FindAsync(job.Database, stop);
        var outcome = await runner.RunAsync(database, key, meter, written, stop);
        if (outcome.State == BackupState.Failed)
        {
            throw outcome.Error!;
        }
        var destinations = unusable.ToDictionary(u => u.Key, u => (string?)u.Value, StringComparer.Ordinal);
        for (var i = 0; i < opened.Count; i++)
        {
            destinations[opened[i].Name] =
                outcome.DestinationFailures.Count > i && outcome.DestinationFailures[i] is { } failure
                    ? Truncation.Truncate(failure.Message)
                    : null;
        }
        var (ahead, more) = Truncation.TruncateLists(outcome.FutureChainNames);
        return (
            new()
            {
                Unchanged = outcome.Path is null,
                ReadInFull = outcome.WasReadInFull,
                Kind = outcome.Kind,
                Type = outcome.Type,
                TypeReason = outcome.TypeReason,
                Encryption = outcome.Encryption,
                Path = outcome.Path,
                ArchiveId = outcome.ArchiveId,
                Head = outcome.Head,
                DatabaseBytes = outcome.DatabaseBytes,
                StoredBytes = outcome.StoredBytes,
                Destinations = destinations,
                NamesAhead = ahead,
                MoreNamesAhead = more,
                Warnings = outcome.Warnings,
            },
            outcome.Content,
            [.. opened.Where((_, i) => outcome.DestinationFailures.Count <= i || outcome.DestinationFailures[i] is null)]
        );
    }

    private BackupCatalog CreateCatalog(BackupJob job, List<(string Name, IDestination Opened)> opened) =>
        new(_catalog, [.. opened.Select(d => new CopyLocation(d.Name, d.Opened.Identity))], _time) { Head = HeadOf(job) };

    // Where it was stored as far as the task's destinations are still those.
    private RecordedHead? HeadOf(BackupJob job) =>
        job.Task is { } task ? RecordedHead.Of(task, _statuses.Find(task.Id) ?? TaskStatus.NeverRun) : null;

    private static OperationProgress ReadProgress(BackupMeter meter, List<(string Name, IDestination Opened)> destinations) =>
        new()
        {
            TotalBytes = meter.TotalBytes,
            DoneBytes = meter.DoneBytes,
            Items = meter.Items,
            StoredBytes = destinations
                .Select((d, i) => (d.Name, Bytes: meter.StoredBytes(i)))
                .ToDictionary(d => d.Name, d => d.Bytes, StringComparer.Ordinal),
        };

    // One destination that cannot be opened stops no other.
    private static async Task<(List<(string Name, IDestination Opened)> Opened, Dictionary<string, string> Unusable)> OpenAsync(
        IReadOnlyList<string> names,
        DestinationLeases leases,
        CancellationToken cancellationToken
    )
    {
        var opened = new List<(string, IDestination)>();
        var unusable = new Dictionary<string, string>(StringComparer.Ordinal);
        HoldfastException? first = null;
        foreach (var name in names)
        {
            try
            {
                opened.Add((name, await leases.OpenForBackupsAsync(name, cancellationToken)));
            }
            catch (HoldfastException e)
            {
                first ??= e;
                unusable[name] = Truncation.Truncate(e.Message);
            }
        }

        if (opened.Count == 0)
        {
            throw first ?? new HoldfastException(ErrorCatalogue.Usage, "The task has no destination.", "Give it one.");
        }
        return (opened, unusable);
    }

    private BackupOptions CreateOptions(BackupJob job) =>
        new()
        {
            Type = job.Settings.Type,
            Kind = job.Kind,
            Encryption =
                job.Settings.Encryption.Mode == EncryptionMode.None
                    ? null
                    : AgeProtection.ToRecipients([.. job.Settings.Encryption.Recipients.Select(AgeRecipient.Parse)]),
            EncryptSnapshots = job.Settings.Encryption.EncryptSnapshots,
            CompareInFull =
                job.Task is { } task && ComparisonSchedule.IsDue(task, _statuses.Find(task.Id) ?? TaskStatus.NeverRun, _time.GetUtcNow()),
            Node = _settings.Tag,
            NodeKey = _settings.Key,
            Task = job.Task?.Id,
            LatestPossibleTime = _retention.LatestPossibleTime,
            MaxChainAge = _settings.MaxChainAge,
        };

    // The backup is done: whatever goes wrong here, an abort too, changes nothing of that.
    private async Task TryApplyRetentionAsync(
        BackupTask task,
        RunningOperation operation,
        IReadOnlyList<(string Name, IDestination Opened)> destinations
    )
    {
        try
        {
            await ApplyRetentionAsync(task, operation, destinations);
        }
        catch (Exception) when (operation.Stopping.IsCancellationRequested)
        {
            operation.Write("retention was stopped: it goes on after the next full backup");
        }
        catch (Exception e)
        {
            operation.Write($"retention failed: {e.GetType().Name}: {e.Message}");
        }
    }

    private async Task ApplyRetentionAsync(
        BackupTask task,
        RunningOperation operation,
        IReadOnlyList<(string Name, IDestination Opened)> destinations
    )
    {
        if (task.Settings.Retention is null && _statuses.Find(task.Id)?.RetentionProblems is null)
        {
            return;
        }
        var runs = new List<RetentionResult>();
        foreach (var (name, destination) in destinations)
        {
            operation.Write($"retention: looking at {name}");
            var run = await _retention.RunAsync(task, name, destination, approved: null, operation.Stopping);
            foreach (var path in run.Deleted)
            {
                operation.Write($"retention: {name}: {path} is gone");
            }
            if (run.Problem is { } problem)
            {
                operation.Write($"retention: {name}: {problem.Message}");
            }
            runs.Add(run);
        }

        _statuses.Change(task.Id, status => status is null ? null : RetentionResult.Apply(status, runs));
    }
}
