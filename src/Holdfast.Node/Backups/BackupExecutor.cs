using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Engines;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;
using Holdfast.Node.Places;
using Holdfast.Node.Retention;
using Holdfast.Node.Secrets;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Backups;

/// <summary>Runs one backup as an operation: finds source, keys and destinations, keeps the task's status, and lets retention follow a full.</summary>
public sealed class BackupExecutor
{
    private readonly Func<string, SourceMonitor?> _sources;
    private readonly DestinationBook _destinations;
    private readonly DatabaseKeys _keys;
    private readonly StateRecords<TaskStatus> _statuses;
    private readonly RetentionRunner _retention;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;

    /// <summary>Makes it.</summary>
    public BackupExecutor(Func<string, SourceMonitor?> sources, DestinationBook destinations, DatabaseKeys keys, StateRecords<TaskStatus> statuses, RetentionRunner retention, NodeSettings settings, TimeProvider time) =>
        (_sources, _destinations, _keys, _statuses, _retention, _settings, _time) = (sources, destinations, keys, statuses, retention, settings, time);

    /// <summary>Runs a backup to its end, whatever that is.</summary>
    /// <param name="job">What is asked for.</param>
    /// <param name="operation">Its operation.</param>
    /// <param name="read">Called when the database has been read and only publishing is left.</param>
    public async Task RunAsync(BackupJob job, LiveOperation operation, Action read)
    {
        var start = _time.GetUtcNow();
        var before = job.Task is null ? TaskStatus.Never : _statuses.Find(job.Task.Id) ?? TaskStatus.Never;
        Store(job, StatusChanges.Began(before, job.Kind, start, _settings.Tag, operation.Id));
        var began = job.Task is null ? before : _statuses.Find(job.Task.Id)!;
        try
        {
            var (result, opened) = await BackUpAsync(job, operation, read);
            Store(job, StatusChanges.Succeeded(began, start, _time.GetUtcNow(), result));
            foreach (var warning in result.Warnings) operation.Write(warning);
            if (job.Task is not null && result is { Kind: BackupKind.Full }) await RetainAsync(job.Task, operation, opened);
            var failed = result.Destinations.Where(d => d.Value is not null).ToList();
            operation.End(
                failed.Count == 0 ? OperationState.Completed : OperationState.CompletedWithErrors,
                result,
                failed.Count == 0 ? null : new(ErrorCatalogue.DestinationFailed, string.Join(' ', failed.Select(f => f.Value)), "The other destinations have the archive. What one misses is copied there before the next incremental."));
        }
        catch (OperationCanceledException)
        {
            Stopped(job, operation, began, before, start);
        }
        catch (HoldfastException e)
        {
            // It is thrown only where no destination took anything.
            var all = e.Error == ErrorCatalogue.DestinationFailed || e.Error == ErrorCatalogue.DestinationFull ? job.Settings.Destinations : null;
            Store(job, StatusChanges.Failed(began, job.Kind, start, _time.GetUtcNow(), OperationError.Of(e), all));
            operation.End(OperationState.Failed, null, e);
        }
        catch (Exception e)
        {
            // The one catch-all: other backups go on.
            var unexpected = new HoldfastException(ErrorCatalogue.Unexpected, $"The backup of '{job.Database}' ended unexpectedly: {e.GetType().Name}: {e.Message}", "Please report this.", e);
            Store(job, StatusChanges.Failed(began, job.Kind, start, _time.GetUtcNow(), OperationError.Of(unexpected)));
            operation.End(OperationState.Failed, null, unexpected);
        }
    }

    private void Stopped(BackupJob job, LiveOperation operation, TaskStatus began, TaskStatus before, DateTimeOffset start)
    {
        if (!operation.IsAborted)
        {
            var status = StatusChanges.Interrupted(began, before);
            // What an operator asked for has no slot that would be due again.
            Store(job, operation.Current.AskedBy is null ? status : status with { DelayedUntil = start, DelayedKind = job.Kind });
            operation.End(OperationState.Failed, null, new(ErrorCatalogue.Interrupted, "The server stopped while this ran.", job.Task is null ? "Ask for it again." : "It runs again at the next start."));
            return;
        }

        var now = _time.GetUtcNow();
        Store(job, operation.DelayedUntil is { } until ? StatusChanges.Delayed(began, job.Kind, start, now, until) : StatusChanges.Aborted(began, job.Kind, start, now));
        operation.End(OperationState.Aborted, null, new(ErrorCatalogue.Aborted, operation.DelayedUntil is null ? "An operator aborted it." : "An operator put it off.", null));
    }

    private void Store(BackupJob job, TaskStatus status)
    {
        if (job.Task is not null) _statuses.Set(job.Task.Id, status);
    }

    private async Task<(OperationResult Result, IReadOnlyList<(string Name, IDestination Opened)> Destinations)> BackUpAsync(BackupJob job, LiveOperation operation, Action read)
    {
        var stop = operation.Stopping;
        stop.ThrowIfCancellationRequested();
        var monitor = _sources(job.Database.Source) ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"Source '{job.Database.Source}' is not configured on node {_settings.Tag}.", "Add it to holdfast.json.");
        var database = monitor.Find(job.Database.Name) ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"Database '{job.Database}' is not there.", "It was dropped or renamed.");
        var (opened, unusable) = await OpenAsync(job.Settings.Destinations, stop);
        var meter = new BackupMeter(opened.Count);
        operation.Began(() => (meter.Phase, new() { TotalBytes = meter.TotalBytes, DoneBytes = meter.DoneBytes, Items = meter.Items, StoredBytes = opened.Select((d, i) => (d.Name, Bytes: meter.StoredBytes(i))).ToDictionary(d => d.Name, d => d.Bytes, StringComparer.Ordinal) }));
        var runner = new BackupRunner(monitor.Attached.Engine, monitor.Attached.Source, [.. opened.Select(d => d.Opened)], Options(job), _time);
        // A key is asked for only where one can be needed: the store answers one at a time, and there can be 10,000 backups.
        var key = database.Encryption == EncryptionState.No ? null : await _keys.FindAsync(job.Database, stop);
        var outcome = await runner.RunAsync(database, key, meter, read, stop);
        if (outcome.State == BackupState.Failed) throw outcome.Error!;
        var destinations = unusable.ToDictionary(u => u.Key, u => (string?)u.Value, StringComparer.Ordinal);
        for (var i = 0; i < opened.Count; i++) destinations[opened[i].Name] = outcome.DestinationFailures.Count > i ? outcome.DestinationFailures[i]?.Message : null;
        return (
            new()
            {
                Unchanged = outcome.Path is null,
                Kind = outcome.Kind,
                Type = outcome.Type,
                Encryption = outcome.Encryption,
                Path = outcome.Path,
                ArchiveId = outcome.ArchiveId,
                DatabaseBytes = outcome.DatabaseBytes,
                StoredBytes = outcome.StoredBytes,
                Destinations = destinations,
                Warnings = outcome.Warnings,
            },
            [.. opened.Where((_, i) => outcome.DestinationFailures.Count <= i || outcome.DestinationFailures[i] is null)]);
    }

    // One destination that cannot be opened stops no other.
    private async Task<(List<(string Name, IDestination Opened)> Opened, Dictionary<string, string> Unusable)> OpenAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var opened = new List<(string, IDestination)>();
        var unusable = new Dictionary<string, string>(StringComparer.Ordinal);
        HoldfastException? first = null;
        foreach (var name in names)
        {
            try
            {
                opened.Add((name, await _destinations.OpenForBackupsAsync(name, cancellationToken)));
            }
            catch (HoldfastException e)
            {
                first ??= e;
                unusable[name] = e.Message;
            }
        }

        if (opened.Count == 0) throw first ?? new HoldfastException(ErrorCatalogue.Usage, "The task has no destination.", "Give it one.");
        return (opened, unusable);
    }

    private BackupOptions Options(BackupJob job) => new()
    {
        Type = job.Settings.Type,
        Kind = job.Kind,
        Encryption = job.Settings.Encryption.Mode == EncryptionMode.None ? null : AgeProtection.ToRecipients([.. job.Settings.Encryption.Recipients.Select(AgeRecipient.Parse)]),
        EncryptSnapshots = job.Settings.Encryption.EncryptSnapshots,
        Node = _settings.Tag,
        NodeKey = _settings.Key,
        Task = job.Task?.Id,
        MaxChainAge = _settings.MaxChainAge,
    };

    // What goes wrong here never fails the backup.
    private async Task RetainAsync(BackupTask task, LiveOperation operation, IReadOnlyList<(string Name, IDestination Opened)> destinations)
    {
        if (task.Settings.Retention is null && _statuses.Find(task.Id)?.RetentionProblems is null) return;
        var runs = new List<RetentionRun>();
        foreach (var (name, destination) in destinations)
        {
            var run = await _retention.RunAsync(task, name, destination, approved: null, operation.Stopping);
            foreach (var path in run.Deleted) operation.Write($"retention: {name}: {path} is gone");
            if (run.Problem is { } problem) operation.Write($"retention: {name}: {problem.Message}");
            runs.Add(run);
        }

        if (_statuses.Find(task.Id) is { } status && RetentionRun.Apply(status, runs) is { } changed) _statuses.Set(task.Id, changed);
    }
}
