using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Node.Catalog;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;
using Holdfast.Node.Places;
using Holdfast.Node.Retention;
using Holdfast.Node.Secrets;
using Holdfast.Node.Stores;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups;

/// <summary>
/// Runs one backup as an operation: finds source, keys and destinations, keeps the task's status, and lets retention
/// follow a full.
/// </summary>
public sealed class BackupExecutor
{
    private readonly SourceBook _sources;
    private readonly Func<string, BackupTask?> _taskOf;
    private readonly DestinationBook _destinations;
    private readonly DatabaseKeys _keys;
    private readonly StateRecords<TaskStatus> _statuses;
    private readonly RetentionRunner _retention;
    private readonly ICatalog _catalog;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;

    /// <summary>Makes it.</summary>
    public BackupExecutor(
        SourceBook sources,
        Func<string, BackupTask?> taskOf,
        DestinationBook destinations,
        DatabaseKeys keys,
        StateRecords<TaskStatus> statuses,
        RetentionRunner retention,
        ICatalog catalog,
        NodeSettings settings,
        TimeProvider time
    ) =>
        (_sources, _taskOf, _destinations, _keys, _statuses, _retention, _catalog, _settings, _time) = (
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
    internal async Task RunAsync(BackupWork work, LiveOperation operation, Action written)
    {
        await using var leases = new DestinationLeases(_destinations);
        if (Present(work.Job, operation) is not { } job)
        {
            if (operation.Claim())
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
        work.Before = TaskStatus.Never;
        Store(job, status => StatusChanges.Began(work.Before = status, job.Kind, start, _settings.Tag, operation.Id));
        operation.Began(() => ("opening", new()));
        try
        {
            var (result, content, opened) = await BackUpAsync(job, operation, leases, written);
            if (!TrySucceed(work, operation, start, result, content))
            {
                return;
            }
            if (job.Task is not null && result is { Kind: BackupKind.Full })
            {
                await RetainSafelyAsync(job.Task, operation, opened);
            }
            if (operation.Claim())
            {
                operation.TryEndAsSucceeded();
            }
        }
        catch (OperationCanceledException) when (operation.Stopping.IsCancellationRequested)
        {
            if (operation.Claim())
            {
                EndNow(work, operation, operation.IsAborted ? StopReason.Aborted : StopReason.NodeStops);
            }
        }
        catch (Exception e)
        {
            // The one catch-all: other backups go on. A cancellation that nobody of us asked for is a failure like any other.
            if (operation.Claim())
            {
                Fail(work, operation, Surprise.Of($"The backup of '{job.Database}'", e));
            }
        }
    }

    // It may have waited for hours: what an operator has saved since holds for it too. Null where it shall not run any more.
    private BackupJob? Present(BackupJob job, LiveOperation operation)
    {
        if (job.Task is not { } queued)
        {
            return job;
        }
        if (_taskOf(queued.Id) is not { } task || (!task.Settings.Runs && operation.Current.AskedBy is null))
        {
            return null;
        }
        return job with { Settings = task.Settings, Task = task };
    }

    /// <summary>Ends a backup that waits, was stopped, or hangs; for whoever has claimed its operation.</summary>
    internal void EndNow(BackupWork work, LiveOperation operation, StopReason reason)
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
                Store(job, status =>
                    operation.DelayedUntil is { } until
                        ? StatusChanges.Delayed(status, job.Kind, start, now, until)
                        : StatusChanges.Aborted(status, job.Kind, start, now)
                );
                operation.End(OperationState.Aborted, null, OperationWork.Error(reason, operation));
                break;
            case StopReason.Stalled:
                Fail(work, operation, OperationWork.Error(reason, operation));
                break;
            default:
                // What was due before it is due again, and it waits for the next start itself, too.
                if (work.Before is { } before)
                {
                    Store(job, status => StatusChanges.Interrupted(status, before));
                }
                operation.Requeue();
                break;
        }
    }

    private void Fail(BackupWork work, LiveOperation operation, HoldfastException failure)
    {
        var (job, now) = (work.Job, _time.GetUtcNow());
        // It is thrown only where no destination took anything.
        var isOfDestinations =
            failure.Error == ErrorCatalogue.DestinationFailed
            || failure.Error == ErrorCatalogue.DestinationFull
            || failure.Error == ErrorCatalogue.DestinationIdentity;
        var all = isOfDestinations ? job.Settings.Destinations : null;
        Store(job, status =>
            StatusChanges.Failed(status, job.Kind, operation.Current.Started ?? now, now, OperationError.Of(failure), all)
        );
        operation.End(OperationState.Failed, null, failure);
    }

    // Stored before anything follows it, so that nothing that follows can take it back. False where somebody has ended
    // the operation meanwhile.
    private bool TrySucceed(BackupWork work, LiveOperation operation, DateTimeOffset start, OperationResult result, ContentMark? content)
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
        if (!operation.Succeeded(failed.Count == 0 ? OperationState.Completed : OperationState.CompletedWithErrors, result, error))
        {
            return false;
        }
        Store(work.Job, status => StatusChanges.Succeeded(status, start, _time.GetUtcNow(), result, content));
        foreach (var warning in result.Warnings)
        {
            operation.Write(warning);
        }
        return true;
    }

    // Of the status as it is by then: a destination may be changed meanwhile, which changes it too.
    private void Store(BackupJob job, Func<TaskStatus, TaskStatus> change)
    {
        if (job.Task is not null)
        {
            _statuses.Change(job.Task.Id, status => change(status ?? TaskStatus.Never));
        }
    }

    private async Task<(
        OperationResult Result,
        ContentMark? Content,
        IReadOnlyList<(string Name, IDestination Opened)> Destinations
    )> BackUpAsync(BackupJob job, LiveOperation operation, DestinationLeases leases, Action written)
    {
        var stop = operation.Stopping;
        stop.ThrowIfCancellationRequested();
        // waits where the server has just started, and does not know yet what is there
        await using var use = await _sources.UseAsync(job.Database.Source, stop);
        var database = use.Get(job.Database.Name);
        var (opened, unusable) = await OpenAsync(job.Settings.Destinations, leases, stop);
        var meter = new BackupMeter(opened.Count) { Log = operation };
        operation.Began(() => (meter.Phase, Progress(meter, opened)), () => meter.Moves);
        var runner = new BackupRunner(
            use.Engine,
            use.Source,
            [.. opened.Select(d => new WatchedDestination(d.Opened, meter.Moved))],
            Options(job),
            _time,
            Recorder(job, opened)
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
                    ? Bounded.Text(failure.Message)
                    : null;
        }
        var (ahead, more) = Bounded.Lists(outcome.NamesAhead);
        return (
            new()
            {
                Unchanged = outcome.Path is null,
                ReadInFull = outcome.ReadInFull,
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

    private RunCatalog Recorder(BackupJob job, List<(string Name, IDestination Opened)> opened) =>
        new(_catalog, [.. opened.Select(d => new CopyPlace(d.Name, d.Opened.Identity))], _time) { Head = HeadOf(job) };

    // Where it was stored as far as the task's destinations are still those.
    private WrittenHead? HeadOf(BackupJob job) =>
        job.Task is { } task ? WrittenHead.Of(task, _statuses.Find(task.Id) ?? TaskStatus.Never) : null;

    private static OperationProgress Progress(BackupMeter meter, List<(string Name, IDestination Opened)> destinations) =>
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
                unusable[name] = Bounded.Text(e.Message);
            }
        }

        if (opened.Count == 0)
        {
            throw first ?? new HoldfastException(ErrorCatalogue.Usage, "The task has no destination.", "Give it one.");
        }
        return (opened, unusable);
    }

    private BackupOptions Options(BackupJob job) =>
        new()
        {
            Type = job.Settings.Type,
            Kind = job.Kind,
            Encryption =
                job.Settings.Encryption.Mode == EncryptionMode.None
                    ? null
                    : AgeProtection.ToRecipients([.. job.Settings.Encryption.Recipients.Select(AgeRecipient.Parse)]),
            EncryptSnapshots = job.Settings.Encryption.EncryptSnapshots,
            ComparesInFull =
                job.Task is { } task && Comparisons.IsDue(task, _statuses.Find(task.Id) ?? TaskStatus.Never, _time.GetUtcNow()),
            Node = _settings.Tag,
            NodeKey = _settings.Key,
            Task = job.Task?.Id,
            Latest = _retention.Latest,
            MaxChainAge = _settings.MaxChainAge,
        };

    // The backup is done: whatever goes wrong here, an abort too, changes nothing of that.
    private async Task RetainSafelyAsync(
        BackupTask task,
        LiveOperation operation,
        IReadOnlyList<(string Name, IDestination Opened)> destinations
    )
    {
        try
        {
            await RetainAsync(task, operation, destinations);
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

    private async Task RetainAsync(BackupTask task, LiveOperation operation, IReadOnlyList<(string Name, IDestination Opened)> destinations)
    {
        if (task.Settings.Retention is null && _statuses.Find(task.Id)?.RetentionProblems is null)
        {
            return;
        }
        var runs = new List<RetentionRun>();
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

        _statuses.Change(task.Id, status => status is null ? null : RetentionRun.Apply(status, runs));
    }
}
