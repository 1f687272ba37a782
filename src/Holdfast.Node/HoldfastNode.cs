using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Alerts;
using Holdfast.Node.Backups;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;
using Holdfast.Node.Places;
using Holdfast.Node.Restores;
using Holdfast.Node.Retention;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Secrets;
using Holdfast.Node.Tasks;
using Holdfast.State;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node;

/// <summary>One running node: discovery, tasks, schedule, backups and restores, put together.</summary>
public sealed class HoldfastNode : IAsyncDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterCrash = TimeSpan.FromMinutes(1);

    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<AttachedSource> _configured;
    private readonly SourceBook _sources;
    private readonly CancellationTokenSource _stop = new();
    private readonly BackupScheduler _scheduler;
    private readonly RestoreExecutor _restores;
    private readonly VerifyExecutor _verifications;
    private readonly List<Task> _loops = [];

    /// <summary>Makes it; nothing runs until <see cref="StartAsync"/>.</summary>
    public HoldfastNode(NodeSettings settings, IStateStore store, IReadOnlyList<AttachedSource> sources, TimeProvider time)
    {
        (_settings, _time, _configured) = (settings, time, sources);
        State = new(store, time);
        var roots = new AllowedRoots(settings.LocalRoots);
        Destinations = new(State.Destinations, roots, time);
        var secrets = new SecretStore(store, settings.Key, () => [settings.Key.Recipient]);
        DatabaseKeys = new(secrets, settings.DatabaseKeys);
        ArchiveKeys = new(secrets);
        Operations = new(State.Operations, settings.Tag, time);
        Tasks = new(State.Templates, State.Tasks, State.Databases);
        Editor = new(State.Templates, State.Tasks, Destinations, ArchiveKeys, time);
        Retention = new(settings.Zone, time);
        Backups = new(Destinations, roots);
        _sources = new(State.Databases, settings.DiscoveryInterval, time);
        SourceEditor = new(State.Sources, secrets, _sources, sources.Select(s => s.Name), settings.AttachSource);
        Executor = new(_sources.Find, Destinations, DatabaseKeys, State.Statuses, Retention, settings, time);
        Dispatcher = new(Operations, IsSmall, Executor.RunAsync, settings);
        _scheduler = new(Tasks.Find, StatusOf, id => Dispatcher.Find(id) is not null, Due, settings.Zone, time);
        RetentionDesk = new(Retention, Destinations, State.Statuses, id => Dispatcher.Find(id) is not null);
        Alerts = new(reported => AlertLook.At(this, _scheduler, _time.GetUtcNow(), reported), settings.AlertInterval, time);
        var keys = new RestoreKeys(ArchiveKeys, DatabaseKeys);
        Points = new(Backups, keys);
        Checks = new(State.Checks, State.Destinations);
        Retention.Deleted += Checks.Forget;
        _verifications = new(Backups, keys, Checks, time);
        _restores = new(Points, _sources.Find);
    }

    /// <summary>What is stored.</summary>
    public NodeState State { get; }

    /// <summary>All tasks.</summary>
    public TaskBook Tasks { get; }

    /// <summary>Saves tasks.</summary>
    public TaskEditor Editor { get; }

    /// <summary>What the node was told.</summary>
    public NodeSettings Settings => _settings;

    /// <summary>All operations.</summary>
    public OperationBook Operations { get; }

    /// <summary>All destinations.</summary>
    public DestinationBook Destinations { get; }

    /// <summary>Backups that wait and run.</summary>
    public BackupDispatcher Dispatcher { get; }

    /// <summary>Runs backups.</summary>
    public BackupExecutor Executor { get; }

    /// <summary>Deletes what is old.</summary>
    public RetentionRunner Retention { get; }

    /// <summary>Retention as operators see to it.</summary>
    public RetentionDesk RetentionDesk { get; }

    /// <summary>What is not as it should be.</summary>
    public AlertBook Alerts { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset UpSince { get; private set; }

    /// <summary>Finds backups.</summary>
    public BackupFinder Backups { get; }

    /// <summary>Opens restore points.</summary>
    public PointOpener Points { get; }

    /// <summary>Which chains were verified, and what was found.</summary>
    public ChainChecks Checks { get; }

    /// <summary>Keys of encrypted databases.</summary>
    public DatabaseKeys DatabaseKeys { get; }

    /// <summary>Told of each turn of the scheduler: it has looked for what is due. At least one a minute. Must not block.</summary>
    public event Action? SchedulerTurned
    {
        add => _scheduler.Turned += value;
        remove => _scheduler.Turned -= value;
    }

    /// <summary>Keys of tasks.</summary>
    public ArchiveKeys ArchiveKeys { get; }

    /// <summary>The sources.</summary>
    public SourceBook Sources => _sources;

    /// <summary>Sources that are defined over the API.</summary>
    public SourceEditor SourceEditor { get; }

    /// <summary>Tag of this node.</summary>
    public string Tag => _settings.Tag;

    /// <summary>The status of a task.</summary>
    public TaskStatus StatusOf(string taskId) => State.Statuses.Find(taskId) ?? TaskStatus.Never;

    /// <summary>When a task is due next; null for never.</summary>
    public NextBackup? NextOf(string taskId) => _scheduler.NextOf(taskId);

    /// <summary>A source; null where this node has none of that name.</summary>
    public SourceMonitor? FindSource(string name) => _sources.Find(name);

    /// <summary>Starts to work: returns when every source has been looked at once.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        UpSince = _time.GetUtcNow();
        FollowForAlerts();
        await State.StartAsync(cancellationToken);
        var crashed = Operations.EndInterrupted().Where(o => o.Kind == OperationKind.Backup).ToList();
        foreach (var operation in crashed.Where(o => o.TaskId is not null)) Interrupted(operation);
        Tasks.Changed += ids => _scheduler.Ask(ids);
        Dispatcher.Ended += job => _scheduler.Ask(job.Task is null ? [] : [job.Task.Id]);
        _sources.Changed += Tasks.Derive;
        Tasks.Start();
        await Task.WhenAll(_configured.Select(s => _sources.AttachAsync(s, cancellationToken)).Append(SourceEditor.StartAsync(cancellationToken)));
        _loops.Add(Task.Run(() => _scheduler.RunAsync(_stop.Token), CancellationToken.None));
        _loops.Add(Task.Run(() => new CrashCleaner(Destinations).CleanAsync([.. crashed.Select(o => o.Database).Distinct()], _stop.Token), CancellationToken.None));
        _loops.Add(Task.Run(() => Alerts.RunAsync(_stop.Token), CancellationToken.None));
        _loops.Add(Task.Run(() => EveryAsync(ProgressInterval, StoreProgressAsync), CancellationToken.None));
    }

    /// <summary>Backs a database up now; the schedule of its task stays.</summary>
    /// <param name="job">What is asked for.</param>
    /// <param name="askedBy">Who asks.</param>
    public LiveOperation BackUp(BackupJob job, string askedBy) => Dispatcher.Add(job, askedBy);

    /// <summary>Restores a point as a new database.</summary>
    /// <exception cref="HoldfastException">The target exists, its source is not here, or the backup lies where none may be looked for.</exception>
    public LiveOperation Restore(RestoreAsk ask, string askedBy)
    {
        var monitor = FindSource(ask.Target.Source) ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"Source '{ask.Target.Source}' is not configured on this node.", "Choose a source of GET /api/v1/sources.");
        if (monitor.Find(ask.Target.Name) is not null) throw new HoldfastException(ErrorCatalogue.TargetExists, $"Database '{ask.Target}' exists already.", "A restore always makes a new database: give another name.");
        Backups.Check(ask.From);
        var operation = Operations.Add(OperationKind.Restore, ask.Target, null, null, askedBy);
        _ = Task.Run(() => _restores.RunAsync(ask, operation), CancellationToken.None);
        return operation;
    }

    /// <summary>Reads every byte of a database's chains, one verification after the other.</summary>
    /// <exception cref="HoldfastException">They lie where none may be looked for.</exception>
    public LiveOperation Verify(VerifyAsk ask, string askedBy)
    {
        Backups.Check(ask.From);
        var operation = Operations.Add(OperationKind.Verify, ask.Database, null, null, askedBy);
        _ = Task.Run(() => _verifications.RunAsync(ask, operation), CancellationToken.None);
        return operation;
    }

    /// <summary>Stops: running backups get the grace time, then are interrupted, and run again at the next start.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        foreach (var dropped in await Dispatcher.StopAsync(_time)) Again(dropped, _time.GetUtcNow());
        var restores = Operations.Live.ToList();
        foreach (var operation in restores) await operation.InterruptAsync();
        await Task.WhenAll(restores.Select(r => r.Ended));
        await _sources.StopAsync();
        foreach (var loop in _loops) await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await State.Writer.FlushAsync(CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        SourceEditor.Dispose();
        await _sources.DisposeAsync();
        _scheduler.Dispose();
        _verifications.Dispose();
        Editor.Dispose();
        await Destinations.DisposeAsync();
        await State.DisposeAsync();
        _stop.Dispose();
    }

    private void FollowForAlerts()
    {
        State.Templates.Changed += (_, _, _) => Alerts.Touch();
        State.UnreadableFound += Alerts.Touch;
        State.Writer.ProblemChanged += Alerts.Touch;
        Tasks.Changed += _ => Alerts.Touch();
        Dispatcher.Ended += _ => Alerts.Touch();
        RetentionDesk.Ended += Alerts.Touch;
        _sources.Changed += _ => Alerts.Touch();
        _sources.StatusChanged += Alerts.Touch;
    }

    private bool IsSmall(BackupJob job) => (FindSource(job.Database.Source)?.Find(job.Database.Name)?.SizeBytes ?? 0) < BackupSweep.SmallDatabaseBytes;

    private void Due(BackupTask task, NextBackup next) => Dispatcher.Add(new(task.Database, task.Settings, next.Kind, task), null);

    // A crash ended it: tried again after a minute, so that a database that brings the node down does not do so over and over.
    private void Interrupted(Operation operation)
    {
        var status = StatusOf(operation.TaskId!);
        var now = _time.GetUtcNow();
        if (operation.Started is null) Again(operation, now + AfterCrash);
        else State.Statuses.Set(operation.TaskId!, StatusChanges.Failed(status, operation.BackupKind ?? BackupKind.Full, operation.Started ?? operation.Created, now, new(ErrorCatalogue.Interrupted.Code, "The server stopped while this ran.", null)));
    }

    // It never began, so it has not failed: it runs at this time, one that an operator asked for too.
    private void Again(Operation operation, DateTimeOffset at)
    {
        if (operation.TaskId is not { } id) return;
        var status = StatusOf(id);
        if (status.DelayedUntil is null || status.DelayedUntil < at) State.Statuses.Set(id, status with { DelayedUntil = at, DelayedKind = operation.BackupKind });
    }

    private Task StoreProgressAsync(CancellationToken cancellationToken)
    {
        Operations.StoreProgress();
        Operations.Prune();
        return Task.CompletedTask;
    }

    private async Task EveryAsync(TimeSpan interval, Func<CancellationToken, Task> work)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token)) await work(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The node stops.
        }
    }
}
