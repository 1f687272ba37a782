using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Alerts;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Comparing;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Coverage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Logging;
using Holdfast.Node.Operations;
using Holdfast.Node.RestorePoints;
using Holdfast.Node.Restores;
using Holdfast.Node.Retention;
using Holdfast.Node.Runs;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Secrets;
using Holdfast.Node.Sources;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;
using Holdfast.Node.Verification;
using Holdfast.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node;

/// <summary>One running node: discovery, tasks, schedule, backups and restores, put together.</summary>
public sealed class HoldfastNode : IAsyncDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WatchdogInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxLoopInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StopStepTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CleanupWindow = TimeSpan.FromDays(1);

    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<AttachedSource> _configured;
    private readonly SourceRegistry _sources;
    private readonly BackupScheduler _scheduler;
    private readonly NodeLog _log;
    private Task _cleaning = Task.CompletedTask;
    private readonly BackupOperation _backupOperation;
    private readonly RestoreOperation _restoreOperation;
    private readonly VerifyOperation _verifyOperation;

    /// <summary>Makes it; nothing runs until <see cref="StartAsync"/>.</summary>
    public HoldfastNode(
        NodeSettings settings,
        IStateStore store,
        IReadOnlyList<AttachedSource> sources,
        TimeProvider time,
        ILoggerFactory? loggers = null
    )
    {
        loggers ??= NullLoggerFactory.Instance;
        (_settings, _time, _configured) = (settings, time, sources);
        Supervisor = new(time, loggers.CreateLogger<Supervisor>());
        _log = new(loggers.CreateLogger<NodeLog>());
        State = new(store, time);
        State.RegisterLoops(Supervisor);
        Clock = new(State.Clocks, settings.Tag, settings.BootClock ?? new ProviderBootClock(time), time);
        Catalog = CatalogStore.Open(settings.CatalogFile, loggers.CreateLogger<CatalogStore>(), time, () => Clock.LatestPossibleTime);
        StateStoreProbe = new(store);
        Destinations = new(State, new(settings.DestinationFactories), settings, time);
        var secrets = new SecretStore(store, settings.Key, () => [settings.Key.Recipient]);
        DatabaseKeys = new(secrets, settings.DatabaseKeys);
        ArchiveKeys = new(secrets);
        Operations = new(State.Operations, settings.Tag, time);
        Tasks = new(State.Templates, State.Tasks, State.Databases);
        TaskEditor = new(State.Templates, State.Tasks, Destinations, ArchiveKeys, time);
        var chains = new ChainLocks();
        Retention = new(settings.Zone, time, Catalog, () => Clock.Current, chains);
        _sources = new(
            State.Databases,
            State.SourceRecords,
            settings.DiscoveryInterval,
            Supervisor,
            time,
            loggers.CreateLogger<SourceRegistry>()
        );
        SourceEditor = new(State.Sources, secrets, _sources, sources.Select(s => s.Name), settings.AttachedSourceFactory);
        _backupOperation = new(_sources, Tasks.Find, Destinations, DatabaseKeys, State.Statuses, Retention, Catalog, settings, time);
        Queue = new(Operations, IsSourceReady, settings, time, loggers);
        _scheduler = new(Tasks.Find, StatusOf, id => Queue.Find(id) is not null, CanRun, EnqueueDue, settings.Zone, time);
        RetentionService = new(Retention, Destinations, State.Statuses, Queue, Tasks.Find);
        Alerts = new(reported => AlertSnapshotBuilder.Capture(this, _scheduler, _time.GetUtcNow(), reported), settings.AlertInterval, time);
        Protection = new(this, time);
        Runs = new(State.Runs, State.RunDue, Operations, Tasks, State.Templates, StatusOf, SizeOf, task => !CanRun(task), settings, time);
        var keys = new RestoreKeys(ArchiveKeys, DatabaseKeys);
        VerificationHistory = new(State.Checks, Catalog, State.Destinations, Destinations);
        Audit = new(
            Catalog,
            VerificationHistory,
            Destinations,
            () => [.. State.Databases.Items.Select(d => d.Value.Id)],
            HeadsOf,
            Queue,
            time,
            loggers.CreateLogger<CatalogAudit>()
        );
        Backups = new(Destinations, new(settings.LocalPaths, settings.DestinationLimits, time), () => Retention.LatestPossibleTime, Audit);
        RestorePoints = new(Backups, keys, Catalog, chains, time);
        Retention.Deleted += VerificationHistory.Forget;
        ChainRemoval = new(Destinations, Catalog, VerificationHistory, Queue, chains, (task, destination) =>
            RemoveDestinationFromStatuses(destination, [task])
        );
        _verifyOperation = new(Backups, keys, new(Catalog, new(Catalog), time), Catalog, Audit, settings.Engines);
        RestoreRoleGuard = new(State.SourceRecords, _sources, time);
        _restoreOperation = new(Backups, RestorePoints, _sources, RestoreRoleGuard, time);
        var comparer = new DatabaseComparer(_sources, DatabaseKeys, settings.Key);
        ComparisonScheduler = new(
            Queue,
            comparer.CompareAsync,
            Tasks,
            State.Statuses,
            CanCompare,
            EnqueueBackup,
            time,
            loggers.CreateLogger<ComparisonScheduler>()
        );
        VerificationScheduler = new(
            Catalog,
            () => Tasks.All,
            ask => Queue.Add(new VerifyWorkItem(ask, _verifyOperation), null, out _),
            () => Queue.Backups.Waiting > 0,
            time
        );
    }

    /// <summary>What is stored.</summary>
    public NodeState State { get; }

    /// <summary>What is known of every archive.</summary>
    public ICatalog Catalog { get; }

    /// <summary>Whether it can be stored at all.</summary>
    public StateStoreProbe StateStoreProbe { get; }

    /// <summary>The time that can be trusted.</summary>
    public TrustedClockMonitor Clock { get; }

    /// <summary>Holds what lies at the destinations against it.</summary>
    public CatalogAudit Audit { get; }

    /// <summary>Verifies the chains of tasks that ask for it, in turn.</summary>
    public VerificationScheduler VerificationScheduler { get; }

    /// <summary>Compares databases that seem unchanged with their newest backups, in turn.</summary>
    public ComparisonScheduler ComparisonScheduler { get; }

    /// <summary>All tasks.</summary>
    public TaskRegistry Tasks { get; }

    /// <summary>Saves tasks.</summary>
    public TaskEditor TaskEditor { get; }

    /// <summary>What the node was told.</summary>
    public NodeSettings Settings => _settings;

    /// <summary>The background loops.</summary>
    public Supervisor Supervisor { get; }

    /// <summary>All operations.</summary>
    public OperationStore Operations { get; }

    /// <summary>All destinations.</summary>
    public DestinationRegistry Destinations { get; }

    /// <summary>What waits and runs.</summary>
    public OperationQueue Queue { get; }

    /// <summary>Deletes what is old.</summary>
    public RetentionRunner Retention { get; }

    /// <summary>Retention as operators see to it.</summary>
    public RetentionService RetentionService { get; }

    /// <summary>Removes single chains.</summary>
    public ChainRemovalService ChainRemoval { get; }

    /// <summary>What is not as it should be.</summary>
    public AlertMonitor Alerts { get; }

    /// <summary>Runs of server-wide backup tasks.</summary>
    public RunRegistry Runs { get; }

    /// <summary>How well each database is protected.</summary>
    public ProtectionReader Protection { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>Finds backups.</summary>
    public BackupFinder Backups { get; }

    /// <summary>Opens restore points.</summary>
    public RestorePointOpener RestorePoints { get; }

    /// <summary>Whether the roles that run restores are as they were.</summary>
    public RestoreRoleGuard RestoreRoleGuard { get; }

    /// <summary>Which chains were verified, and what was found.</summary>
    public ChainVerificationHistory VerificationHistory { get; }

    /// <summary>Keys of encrypted databases.</summary>
    public DatabaseKeys DatabaseKeys { get; }

    /// <summary>Told of each turn of the scheduler: it has looked for what is due. At least one a minute. Must not block.</summary>
    public event Action? SchedulerIterationCompleted
    {
        add => _scheduler.IterationCompleted += value;
        remove => _scheduler.IterationCompleted -= value;
    }

    /// <summary>Keys of tasks.</summary>
    public ArchiveKeys ArchiveKeys { get; }

    /// <summary>The sources.</summary>
    public SourceRegistry Sources => _sources;

    /// <summary>Sources that are defined over the API.</summary>
    public SourceEditor SourceEditor { get; }

    /// <summary>Tag of this node.</summary>
    public string Tag => _settings.Tag;

    /// <summary>The status of a task.</summary>
    public TaskStatus StatusOf(string taskId) => State.Statuses.Find(taskId) ?? TaskStatus.NeverRun;

    /// <summary>When a task is due next; null for never.</summary>
    public NextBackup? NextOf(string taskId) => _scheduler.NextOf(taskId);

    /// <summary>A source; null where this node has none of that name.</summary>
    public SourceMonitor? FindSource(string name) => _sources.Find(name);

    /// <summary>
    /// Starts to work. Sources are attached side by side: it returns when each has been looked at once, or at the end of
    /// <see cref="NodeSettings.StartTimeout"/>. None can let it fail. Wait for all of them with <see cref="SourceRegistry.WaitUntilReadyAsync"/>.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        StartedAt = _time.GetUtcNow();
        SubscribeAlerts();
        await State.StartAsync(cancellationToken);
        if (State.Statuses.Items.All(s => s.Value.Head is null))
        {
            Catalog.ConfirmEmpty();
        }
        SubscribeToDestinations();
        Clock.Start();
        _log.Follow(this);
        var crashed = Operations
            .EndInterrupted(State.Store.IsExclusive, FindOutcomeBeforeCrash)
            .Where(o => o.Kind == OperationKind.Backup)
            .ToList();
        foreach (var operation in crashed.Where(o => o.TaskId is not null))
        {
            RecordCrash(operation);
        }
        Tasks.Changed += Supervisor.Guard<IReadOnlyCollection<string>>("scheduling of changed tasks", _scheduler.Reschedule);
        Queue.Ended += Supervisor.Guard<Operation>("scheduling after an operation", operation =>
            _scheduler.Reschedule(operation.TaskId is { } task ? [task] : [])
        );
        _sources.Changed += Supervisor.Guard<DatabaseRecord>("tasks of found databases", Tasks.Derive);
        _sources.Ready += Supervisor.Guard<string>("scheduling of a source", OnSourceReady);
        Tasks.Start();
        Operations.Changed += Supervisor.Guard<Operation>("runs of operations", Runs.RecordOperation);
        Runs.Start(State.Store.IsExclusive);
        var turn = Supervisor.Guard<RunRegistry>("runs of slots", runs => runs.CreateDueRuns());
        _scheduler.IterationCompleted += () => turn(Runs);
        foreach (var source in _configured)
        {
            _sources.Attach(source);
        }
        SourceEditor.Start();
        if (State.Store.IsExclusive)
        {
            _sources.MarkUnattachedMissing(); // else another node may have them
        }
        foreach (var operation in Operations.GetQueued(State.Store.IsExclusive))
        {
            Resume(operation); // before the scheduler, which would begin the same anew
        }
        Supervisor.Start("scheduler", MaxLoopInterval, _scheduler.RunAsync, CancellationToken.None);
        Supervisor.Start("alerts", MaxLoopInterval, Alerts.RunAsync, CancellationToken.None);
        Supervisor.Start("destinations", _settings.DestinationInterval, CheckDestinationsAsync, CancellationToken.None);
        Supervisor.Start("audit", CatalogAudit.CheckInterval, Audit.RunAsync, CancellationToken.None);
        Supervisor.Start("verification", VerificationScheduler.CheckInterval, VerificationScheduler.RunAsync, CancellationToken.None);
        Supervisor.Start("comparison", ComparisonScheduler.CheckInterval, ComparisonScheduler.RunAsync, CancellationToken.None);
        Supervisor.StartPeriodic("progress", ProgressInterval, StoreProgressAsync, CancellationToken.None);
        Supervisor.StartPeriodic("clock", TrustedClockMonitor.Interval, _ => Clock.StoreAsync(), CancellationToken.None);
        Supervisor.StartPeriodic("watchdog", WatchdogInterval, LogStuckAsync, CancellationToken.None);
        Supervisor.StartPeriodic("state file", StateStoreProbe.Interval, StateStoreProbe.CheckAsync, CancellationToken.None);
        Supervisor.StartPeriodic("catalog file", StateStoreProbe.Interval, CheckCatalogFileAsync, CancellationToken.None);
        var cleaner = new CrashCleaner(Destinations);
        var left = Operations.Unordered.Where(CanHaveLeftFiles).Select(o => o.Database).Distinct().ToList();
        _cleaning = Supervisor.RunOnce("cleaning after a crash", token => cleaner.CleanAsync(left, token));
        await Task.WhenAny(
            _sources.WaitUntilReadyAsync(cancellationToken),
            Task.Delay(_settings.StartTimeout, TimeProvider.System, cancellationToken)
        );
        cancellationToken.ThrowIfCancellationRequested();
        _log.Started(this);
    }

    /// <summary>
    /// Backs a database up now; the schedule of its task stays. One of the same task that waits or runs already is that
    /// one.
    /// </summary>
    /// <param name="job">What is asked for.</param>
    /// <param name="askedBy">Who asks.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/> while the node shuts down.</exception>
    public RunningOperation BackUp(BackupJob job, string askedBy) => Queue.Add(CreateWorkItem(job), askedBy, out _);

    /// <summary>Backs all databases of a server-wide backup task up now; their schedule stays.</summary>
    /// <param name="template">The task.</param>
    /// <param name="kind">The kind that is asked for.</param>
    /// <param name="askedBy">Who asks.</param>
    /// <returns>The run, null where each database is being backed up by another one already, and the operations of all databases.</returns>
    public (string? Run, IReadOnlyList<RunningOperation> Operations) BackUpAll(Template template, BackupKind kind, string askedBy)
    {
        var run = Runs.Begin(template, kind, askedBy);
        var begun = new List<RunningOperation>();
        try
        {
            foreach (var task in Tasks.All.Where(t => t.TemplateId == template.Id))
            {
                begun.Add(BackUp(new(task.Database, task.Settings, kind, task) { RunId = run }, askedBy));
            }
        }
        finally
        {
            if (!Runs.TryComplete(run))
            {
                run = null;
            }
        }

        return (run, begun);
    }

    /// <summary>Aborts all of a run that waits, runs, or has yet to begin: the slots count as used.</summary>
    /// <param name="id">Id of the run.</param>
    /// <param name="by">Who asks.</param>
    /// <returns>How many databases that were.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/>: there is no such run.</exception>
    public async Task<int> AbortRunAsync(string id, string by)
    {
        var run = Runs.Find(id)
            ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"There is no run '{id}'.", "List them with: GET /api/v1/runs");
        // First, so that none of them begins meanwhile.
        var untried = Runs.NotStartedTasksOf(id).Select(Tasks.Find).OfType<BackupTask>();
        var aborted = untried.Count(t => Queue.TrySkip(CreateWorkItem(new(t.Database, t.Settings, run.Kind, t) { RunId = id }), by));
        var pending = Runs.DatabasesOf(id)
            .Where(d => d.Operation is { HasEnded: false })
            .Select(d => Operations.FindRunning(d.Operation!.Id))
            .OfType<RunningOperation>()
            .ToList();
        pending.RemoveAll(o => o.HasEnded);
        await Task.WhenAll(pending.Select(o => o.AbortAsync(by, null))); // side by side: each may take a second where a call hangs
        // What has failed would be tried again in a minute: that is the same run.
        var failed = Runs.FailedOf(id);
        foreach (var (task, operation) in failed)
        {
            State.Statuses.Change(task, status => status?.OperationId == operation ? TaskStatusTransitions.CancelRetry(status) : null);
        }
        _scheduler.Reschedule(failed.Select(f => f.Task));
        return aborted + pending.Count;
    }

    /// <summary>Restores a point as a new database. What cannot work is refused at once; the rest shows when it is its turn.</summary>
    /// <exception cref="HoldfastException">
    /// The target exists or is being restored, its source is not here, or no single backup lies where it is looked for.
    /// </exception>
    public async Task<RunningOperation> RestoreAsync(RestoreJob ask, string askedBy, CancellationToken cancellationToken)
    {
        var monitor = FindSource(ask.Target.Source)
            ?? throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"Source '{ask.Target.Source}' is not configured on this node.",
                "Choose a source of GET /api/v1/sources."
            );
        await monitor.Acquire().DisposeAsync(); // refused where the source is not the one that was known by its name
        if (monitor.FindDatabase(ask.Target.Name) is not null)
        {
            throw new HoldfastException(
                ErrorCatalogue.TargetExists,
                $"Database '{ask.Target}' exists already.",
                "A restore always makes a new database: give another name."
            );
        }
        await Backups.ValidateAsync(ask.From, cancellationToken);
        await _restoreOperation.ValidateAsync(ask.From, ask.Point, cancellationToken);
        var operation = Queue.Add(new RestoreWorkItem(ask, _restoreOperation), askedBy, out var isNew);
        return isNew
            ? operation
            : throw new HoldfastException(
                ErrorCatalogue.TargetExists,
                $"Database '{ask.Target}' is being restored already, by operation {operation.Id}.",
                "Wait for that one, or give another name."
            );
    }

    /// <summary>Reads every byte of a database's chains, one verification after the other.</summary>
    /// <exception cref="HoldfastException">They lie where none may be looked for, or the node shuts down.</exception>
    public async Task<RunningOperation> VerifyAsync(VerifyJob ask, string askedBy, CancellationToken cancellationToken)
    {
        await Backups.ValidateAsync(ask.From, cancellationToken);
        return Queue.Add(new VerifyWorkItem(ask, _verifyOperation), askedBy, out _);
    }

    /// <summary>
    /// Stops: what runs gets the grace time, then is interrupted. Backups that were, and all that waits, run at the
    /// next start.
    /// </summary>
    public async Task StopAsync()
    {
        _log.Stopping(this, _settings.ShutdownGrace);
        await Queue.StopAsync();
        _sources.Stop();
        await WaitWithTimeoutAsync(Supervisor.StopAsync(), "the background loops");
        Runs.Store();
        await WaitWithTimeoutAsync(_cleaning, "cleaning after a crash");
        await WaitWithTimeoutAsync(State.Writer.FlushAsync(CancellationToken.None), "storing the state");
        _log.Stopped(this);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await WaitWithTimeoutAsync(Supervisor.DisposeAsync().AsTask(), "the background loops");
        await WaitWithTimeoutAsync(_sources.DisposeAsync().AsTask(), "closing the sources");
        _scheduler.Dispose();
        TaskEditor.Dispose();
        await WaitWithTimeoutAsync(Destinations.DisposeAsync().AsTask(), "closing the destinations");
        await WaitWithTimeoutAsync(Catalog.DisposeAsync().AsTask(), "closing the catalog");
        await WaitWithTimeoutAsync(State.DisposeAsync().AsTask(), "closing the state");
    }

    // A disk or a store that stands still keeps no process from ending. What it was to store is as after a crash then.
    private async Task WaitWithTimeoutAsync(Task step, string what)
    {
        await step.WaitAsync(StopStepTimeout, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (step.IsCompleted)
        {
            await step;
        }
        else
        {
            _log.NotStoppedInTime(what, StopStepTimeout);
        }
    }

    private void SubscribeAlerts()
    {
        Supervisor.Changed += Alerts.Invalidate;
        Catalog.Changed += Alerts.Invalidate;
        Destinations.ProblemChanged += Alerts.Invalidate;
        State.Templates.Changed += (_, _, _) => Alerts.Invalidate();
        State.UnreadableFound += Alerts.Invalidate;
        State.Writer.ProblemChanged += Alerts.Invalidate;
        StateStoreProbe.Changed += Alerts.Invalidate;
        Clock.Changed += Alerts.Invalidate;
        Tasks.Changed += _ => Alerts.Invalidate();
        Queue.Ended += _ => Alerts.Invalidate();
        RetentionService.Ended += Alerts.Invalidate;
        _sources.Changed += _ => Alerts.Invalidate();
        _sources.StatusChanged += Alerts.Invalidate;
    }

    // What is due while nobody knows yet what is there begins when that is known.
    private void OnSourceReady(string source)
    {
        Queue.Pump();
        _scheduler.Reschedule([.. Tasks.All.Where(t => t.Database.Source == source).Select(t => t.Id)]);
    }

    // Slots of a database that is missing pass, and count as missed; what is due runs when it is back.
    private bool CanRun(string taskId) =>
        Tasks.Find(taskId) is not { } task
        || (
            FindSource(task.Database.Source) is not { IsReady: false }
            && State.Databases.Find(task.Database.ToString()) is not { MissingSince: not null }
        );

    private bool CanCompare(BackupTask task) => CanRun(task.Id) && FindSource(task.Database.Source) is { Status.Problem: null };

    private void EnqueueBackup(BackupTask task) =>
        Queue.TryAddDue(CreateWorkItem(new(task.Database, task.Settings, BackupKind.Incremental, task)), () =>
            Tasks.Find(task.Id) is { Settings.Runs: true } && Core.Scheduling.ComparisonSchedule.CanBackUp(StatusOf(task.Id))
        );

    private bool IsSourceReady(string source) => FindSource(source) is not { IsReady: false };

    // Thousands are begun in one turn: an operator may have aborted the run meanwhile, and the slot is used up.
    private void EnqueueDue(BackupTask task, NextBackup next)
    {
        if (!Queue.TryAddDue(CreateWorkItem(new(task.Database, task.Settings, next.Kind, task) { RunId = Runs.RunOf(task, next) }), IsDue))
        {
            _scheduler.Reschedule([task.Id]);
        }

        bool IsDue() =>
            Scheduler.GetNext(task, StatusOf(task.Id), _time.GetUtcNow(), _settings.Zone) is { } still && still.At <= _time.GetUtcNow();
    }

    private BackupWorkItem CreateWorkItem(BackupJob job) => new(job, _backupOperation, BackupBatch.LaneOf(SizeOf(job.Database)));

    private IEnumerable<RecordedHead> HeadsOf(DatabaseId database) =>
        Tasks.Of(database).Select(t => RecordedHead.Of(t, StatusOf(t.Id))).OfType<RecordedHead>();

    private long SizeOf(DatabaseId database) =>
        FindSource(database.Source)?.FindDatabase(database.Name)?.SizeBytes ?? State.Databases.Find(database.ToString())?.SizeBytes ?? 0;

    // Success is stored before retention, and the operation ends after it: a crash between the two takes nothing back.
    private OperationState? FindOutcomeBeforeCrash(Operation operation) =>
        operation is { Kind: OperationKind.Backup, TaskId: { } task, Started: { } started }
        && StatusOf(task) is { LastState: OperationState.Completed or OperationState.CompletedWithErrors } status
        && status.OperationId == operation.Id
        && status.LastEnd >= started
            ? status.LastState
            : null;

    // What lay at a destination is not there any more, or it means another place: nothing there protects anything.
    private void RemoveDestinationFromStatuses(string destination, IEnumerable<string> tasks)
    {
        foreach (var id in tasks)
        {
            if (Tasks.Find(id) is { } task)
            {
                State.Statuses.Change(id, status => status is null ? null : RemoveDestinationFromStatuses(status, destination, task));
            }
        }

        Alerts.Invalidate();
    }

    private static TaskStatus? RemoveDestinationFromStatuses(TaskStatus status, string destination, BackupTask task) =>
        TaskStatusTransitions.RemoveDestination(status, destination, task.Settings.Destinations) is var changed && changed != status
            ? changed
            : null;

    private void SubscribeToDestinations()
    {
        State.Destinations.Changed += (name, before, after) =>
        {
            if (before is not null && !Destinations.HasSameRoot(before, after))
            {
                RemoveDestinationFromStatuses(name, State.Statuses.Items.Select(s => s.Key).ToList());
            }
        };
        State.Identities.Changed += (key, before, after) =>
        {
            var name = key[..key.IndexOf('/', StringComparison.Ordinal)];
            if (Destinations.IsOfThisNode(key))
            {
                Catalog.SetDestinationIdentity(name, after?.Id);
            }
            if (before is not null && before != after)
            {
                RemoveDestinationFromStatuses(name, State.Statuses.Items.Select(s => s.Key).ToList());
            }
        };
        Catalog.SetDestinationIdentities(Destinations.Identities); // an edit may have been stored just before a crash
    }

    private Task CheckCatalogFileAsync(CancellationToken cancellationToken)
    {
        Catalog.CheckFile();
        return Task.CompletedTask;
    }

    // A backup that waits may have begun just before the kill. One that a kill ended, or that ended after it without a
    // start because its database is
    // gone, may belong to a node that was killed again before it had cleaned, or that could not while a destination was not there.
    private bool CanHaveLeftFiles(Operation operation) =>
        operation.Kind == OperationKind.Backup
        && (
            operation.Ended is not { } ended
            || (operation.State is OperationState.Failed or OperationState.Aborted && _time.GetUtcNow() - ended < CleanupWindow)
        );

    // A crash ended it: tried again after a minute, so that a database that brings the node down does not do so over and over.
    private void RecordCrash(Operation operation) =>
        State.Statuses.Set(
            operation.TaskId!,
            TaskStatusTransitions.MarkFailed(
                StatusOf(operation.TaskId!),
                operation.BackupKind ?? BackupKind.Full,
                operation.Started ?? operation.Created,
                _time.GetUtcNow(),
                new(ErrorCatalogue.Interrupted.Code, "The server stopped while this ran.", null)
            )
        );

    // It waited when the node stopped: it waits again, or ends where it can never begin any more.
    private void Resume(Operation operation)
    {
        if (RebuildWorkItem(operation, out var problem) is { } work)
        {
            Queue.Resume(work, operation);
            return;
        }

        var live = Operations.Resume(operation);
        if (live.TryClaim())
        {
            live.End(
                OperationState.Failed,
                null,
                new(ErrorCatalogue.Interrupted, $"The server stopped before this began. {problem}", "Ask for it again.")
            );
        }
        live.Dispose();
    }

    private OperationWorkItem? RebuildWorkItem(Operation operation, out string? problem)
    {
        problem = operation.Request switch
        {
            { KeysGiven: true } => "The keys that were given with it are not stored, so it cannot begin without them.",
            null when operation.TaskId is null => "What was asked for was not stored by the version before.",
            _ => null,
        };
        if (problem is not null)
        {
            return null;
        }
        var request = operation.Request;
        var kind = operation.BackupKind ?? BackupKind.Full;
        if (operation.Kind == OperationKind.Restore)
        {
            return new RestoreWorkItem(
                new()
                {
                    From = request!.From!,
                    Point = request.Point,
                    Target = operation.Database,
                    File = new() { RestoreMode = request.KeepMode, RestoreOwner = request.KeepOwner },
                    ContinueOnError = request.ContinueOnError,
                },
                _restoreOperation
            );
        }
        if (operation.Kind == OperationKind.Verify)
        {
            return new VerifyWorkItem(
                new()
                {
                    From = request!.From!,
                    Database = operation.Database,
                    HashSuffices = request.HashSuffices,
                },
                _verifyOperation
            );
        }
        if (operation.TaskId is null)
        {
            return CreateWorkItem(new(operation.Database, request!.Settings!, kind, null));
        }
        if (Tasks.Find(operation.TaskId) is { } task)
        {
            return CreateWorkItem(new(task.Database, task.Settings, kind, task));
        }
        problem = $"Its task '{operation.TaskName}' is gone, or its database.";
        return null;
    }

    private async Task CheckDestinationsAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Destinations.CheckAllAsync(cancellationToken);
            loop.CompleteIteration();
            await Task.Delay(_settings.DestinationInterval, _time, cancellationToken);
        }
    }

    // The alerts tell it too, unless it is they that are stuck.
    private Task LogStuckAsync(CancellationToken cancellationToken)
    {
        Supervisor.LogStuck();
        Alerts.Invalidate();
        return Task.CompletedTask;
    }

    private async Task StoreProgressAsync(CancellationToken cancellationToken)
    {
        Operations.StoreProgress();
        Runs.Store();
        await Queue.EndStalledAsync();
        Operations.Prune();
    }
}
