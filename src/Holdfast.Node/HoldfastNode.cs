using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Alerts;
using Holdfast.Node.Backups;
using Holdfast.Node.Catalog;
using Holdfast.Node.Coverage;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Logging;
using Holdfast.Node.Operations;
using Holdfast.Node.Places;
using Holdfast.Node.Restores;
using Holdfast.Node.Retention;
using Holdfast.Node.Runs;
using Holdfast.Node.Scheduling;
using Holdfast.Node.Secrets;
using Holdfast.Node.Stores;
using Holdfast.Node.Supervision;
using Holdfast.Node.Tasks;
using Holdfast.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node;

/// <summary>One running node: discovery, tasks, schedule, backups and restores, put together.</summary>
public sealed class HoldfastNode : IAsyncDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AtLeastOnce = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StepPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CleanedFor = TimeSpan.FromDays(1);

    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<AttachedSource> _configured;
    private readonly SourceBook _sources;
    private readonly BackupScheduler _scheduler;
    private readonly NodeLog _log;
    private Task _cleaning = Task.CompletedTask;
    private readonly BackupExecutor _backups;
    private readonly RestoreExecutor _restores;
    private readonly VerifyExecutor _verifications;

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
        State.ShowTo(Supervisor);
        Clock = new(State.Clocks, settings.Tag, settings.BootClock ?? new ProviderBootClock(time), time);
        Catalog = CatalogStore.Open(settings.CatalogFile, loggers.CreateLogger<CatalogStore>(), time, () => Clock.Latest);
        StateWatch = new(store);
        var roots = new AllowedRoots(settings.LocalRoots);
        Destinations = new(State, roots, settings, time);
        var secrets = new SecretStore(store, settings.Key, () => [settings.Key.Recipient]);
        DatabaseKeys = new(secrets, settings.DatabaseKeys);
        ArchiveKeys = new(secrets);
        Operations = new(State.Operations, settings.Tag, time);
        Tasks = new(State.Templates, State.Tasks, State.Databases);
        Editor = new(State.Templates, State.Tasks, Destinations, ArchiveKeys, time);
        var chains = new ChainsInUse();
        Retention = new(settings.Zone, time, Catalog, () => Clock.Current, chains);
        _sources = new(
            State.Databases,
            State.SourceRecords,
            settings.DiscoveryInterval,
            Supervisor,
            time,
            loggers.CreateLogger<SourceBook>()
        );
        SourceEditor = new(State.Sources, secrets, _sources, sources.Select(s => s.Name), settings.AttachSource);
        _backups = new(_sources, Tasks.Find, Destinations, DatabaseKeys, State.Statuses, Retention, Catalog, settings, time);
        Queue = new(Operations, IsReady, settings, time, loggers);
        _scheduler = new(Tasks.Find, StatusOf, id => Queue.Find(id) is not null, MayRun, Due, settings.Zone, time);
        RetentionDesk = new(Retention, Destinations, State.Statuses, Queue, Tasks.Find);
        Alerts = new(reported => AlertLook.At(this, _scheduler, _time.GetUtcNow(), reported), settings.AlertInterval, time);
        Protection = new(this, time);
        Runs = new(State.Runs, State.RunDue, Operations, Tasks, State.Templates, StatusOf, SizeOf, task => !MayRun(task), settings, time);
        var keys = new RestoreKeys(ArchiveKeys, DatabaseKeys);
        Checks = new(State.Checks, Catalog, State.Destinations);
        Audit = new(
            Catalog,
            Checks,
            Destinations,
            () => [.. State.Databases.Items.Select(d => d.Value.Id)],
            HeadsOf,
            Queue,
            time,
            loggers.CreateLogger<CatalogAudit>()
        );
        Backups = new(Destinations, Destinations.Paths, () => Retention.Latest, Audit);
        Points = new(Backups, keys, Catalog, chains, time);
        Retention.Deleted += Checks.Forget;
        ChainRemoval = new(Destinations, Catalog, Checks, Queue, chains, (task, destination) => NoLongerAt(destination, [task]));
        _verifications = new(Backups, keys, new(Catalog, new(Catalog), time), Catalog, Audit, settings.Engines);
        RestoreRoles = new(State.SourceRecords, _sources, time);
        _restores = new(Backups, Points, _sources, RestoreRoles, time);
        var comparer = new DatabaseComparer(_sources, DatabaseKeys, settings.Key);
        Comparisons = new(
            Queue,
            comparer.CompareAsync,
            Tasks,
            State.Statuses,
            MayCompare,
            BackUpNow,
            time,
            loggers.CreateLogger<CompareRotation>()
        );
        Rotation = new(
            Catalog,
            () => Tasks.All,
            ask => Queue.Add(new VerifyWork(ask, _verifications), null, out _),
            () => Queue.Backups.Waiting > 0,
            time
        );
    }

    /// <summary>What is stored.</summary>
    public NodeState State { get; }

    /// <summary>What is known of every archive.</summary>
    public ICatalog Catalog { get; }

    /// <summary>Whether it can be stored at all.</summary>
    public StateWatch StateWatch { get; }

    /// <summary>The time that can be trusted.</summary>
    public ClockWatch Clock { get; }

    /// <summary>Holds what lies at the destinations against it.</summary>
    public CatalogAudit Audit { get; }

    /// <summary>Verifies the chains of tasks that ask for it, in turn.</summary>
    public VerifyRotation Rotation { get; }

    /// <summary>Compares databases that seem unchanged with their newest backups, in turn.</summary>
    public CompareRotation Comparisons { get; }

    /// <summary>All tasks.</summary>
    public TaskBook Tasks { get; }

    /// <summary>Saves tasks.</summary>
    public TaskEditor Editor { get; }

    /// <summary>What the node was told.</summary>
    public NodeSettings Settings => _settings;

    /// <summary>The background loops.</summary>
    public Supervisor Supervisor { get; }

    /// <summary>All operations.</summary>
    public OperationBook Operations { get; }

    /// <summary>All destinations.</summary>
    public DestinationBook Destinations { get; }

    /// <summary>What waits and runs.</summary>
    public OperationQueue Queue { get; }

    /// <summary>Deletes what is old.</summary>
    public RetentionRunner Retention { get; }

    /// <summary>Retention as operators see to it.</summary>
    public RetentionDesk RetentionDesk { get; }

    /// <summary>Removes single chains.</summary>
    public ChainRemoval ChainRemoval { get; }

    /// <summary>What is not as it should be.</summary>
    public AlertBook Alerts { get; }

    /// <summary>Runs of server-wide backup tasks.</summary>
    public RunRegistry Runs { get; }

    /// <summary>How well each database is protected.</summary>
    public ProtectionReader Protection { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset UpSince { get; private set; }

    /// <summary>Finds backups.</summary>
    public BackupFinder Backups { get; }

    /// <summary>Opens restore points.</summary>
    public PointOpener Points { get; }

    /// <summary>Whether the roles that run restores are as they were.</summary>
    public RestoreRoles RestoreRoles { get; }

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

    /// <summary>
    /// Starts to work. Sources are attached side by side: it returns when each has been looked at once, or at the end of
    /// <see cref="NodeSettings.StartPatience"/>. None can let it fail. Wait for all of them with <see cref="SourceBook.SettledAsync"/>.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        UpSince = _time.GetUtcNow();
        FollowForAlerts();
        await State.StartAsync(cancellationToken);
        if (State.Statuses.Items.All(s => s.Value.Head is null))
        {
            Catalog.BeginWithNothing();
        }
        FollowDestinations();
        Clock.Start();
        _log.Follow(this);
        var crashed = Operations.EndInterrupted(State.Store.IsExclusive, EndedBefore).Where(o => o.Kind == OperationKind.Backup).ToList();
        foreach (var operation in crashed.Where(o => o.TaskId is not null))
        {
            Crashed(operation);
        }
        Tasks.Changed += Supervisor.Guard<IReadOnlyCollection<string>>("scheduling of changed tasks", _scheduler.Ask);
        Queue.Ended += Supervisor.Guard<Operation>("scheduling after an operation", operation =>
            _scheduler.Ask(operation.TaskId is { } task ? [task] : [])
        );
        _sources.Changed += Supervisor.Guard<DatabaseRecord>("tasks of found databases", Tasks.Derive);
        _sources.Settled += Supervisor.Guard<string>("scheduling of a source", OnSettled);
        Tasks.Start();
        Operations.Changed += Supervisor.Guard<Operation>("runs of operations", Runs.Take);
        Runs.Start(State.Store.IsExclusive);
        var turn = Supervisor.Guard<RunRegistry>("runs of slots", runs => runs.Turn());
        _scheduler.Turned += () => turn(Runs);
        foreach (var source in _configured)
        {
            _sources.Attach(source);
        }
        SourceEditor.Start();
        if (State.Store.IsExclusive)
        {
            _sources.MissUnattached(); // else another node may have them
        }
        foreach (var operation in Operations.LeftWaiting(State.Store.IsExclusive))
        {
            Resume(operation); // before the scheduler, which would begin the same anew
        }
        Supervisor.Start("scheduler", AtLeastOnce, _scheduler.RunAsync, CancellationToken.None);
        Supervisor.Start("alerts", AtLeastOnce, Alerts.RunAsync, CancellationToken.None);
        Supervisor.Start("destinations", _settings.DestinationInterval, CheckDestinationsAsync, CancellationToken.None);
        Supervisor.Start("audit", CatalogAudit.Turn, Audit.RunAsync, CancellationToken.None);
        Supervisor.Start("verification", VerifyRotation.Turn, Rotation.RunAsync, CancellationToken.None);
        Supervisor.Start("comparison", CompareRotation.Turn, Comparisons.RunAsync, CancellationToken.None);
        Supervisor.Every("progress", ProgressInterval, StoreProgressAsync, CancellationToken.None);
        Supervisor.Every("clock", ClockWatch.Interval, _ => Clock.StoreAsync(), CancellationToken.None);
        Supervisor.Every("watchdog", WatchInterval, LogStuckAsync, CancellationToken.None);
        Supervisor.Every("state file", StateWatch.Interval, StateWatch.CheckAsync, CancellationToken.None);
        Supervisor.Every("catalog file", StateWatch.Interval, LookAtCatalogAsync, CancellationToken.None);
        var cleaner = new CrashCleaner(Destinations);
        var left = Operations.Unordered.Where(MayHaveLeftFiles).Select(o => o.Database).Distinct().ToList();
        _cleaning = Supervisor.Once("cleaning after a crash", token => cleaner.CleanAsync(left, token));
        await Task.WhenAny(
            _sources.SettledAsync(cancellationToken),
            Task.Delay(_settings.StartPatience, TimeProvider.System, cancellationToken)
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
    public LiveOperation BackUp(BackupJob job, string askedBy) => Queue.Add(Work(job), askedBy, out _);

    /// <summary>Backs all databases of a server-wide backup task up now; their schedule stays.</summary>
    /// <param name="template">The task.</param>
    /// <param name="kind">The kind that is asked for.</param>
    /// <param name="askedBy">Who asks.</param>
    /// <returns>The run, null where each database is being backed up by another one already, and the operations of all databases.</returns>
    public (string? Run, IReadOnlyList<LiveOperation> Operations) BackUpAll(Template template, BackupKind kind, string askedBy)
    {
        var run = Runs.Begin(template, kind, askedBy);
        var begun = new List<LiveOperation>();
        try
        {
            foreach (var task in Tasks.All.Where(t => t.TemplateId == template.Id))
            {
                begun.Add(BackUp(new(task.Database, task.Settings, kind, task) { RunId = run }, askedBy));
            }
        }
        finally
        {
            if (!Runs.Filled(run))
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
        var untried = Runs.UntriedOf(id).Select(Tasks.Find).OfType<BackupTask>();
        var aborted = untried.Count(t => Queue.Forgo(Work(new(t.Database, t.Settings, run.Kind, t) { RunId = id }), by));
        var pending = Runs.DatabasesOf(id)
            .Where(d => d.Operation is { HasEnded: false })
            .Select(d => Operations.FindLive(d.Operation!.Id))
            .OfType<LiveOperation>()
            .ToList();
        pending.RemoveAll(o => o.HasEnded);
        await Task.WhenAll(pending.Select(o => o.AbortAsync(by, null))); // side by side: each may take a second where a call hangs
        // What has failed would be tried again in a minute: that is the same run.
        var failed = Runs.FailedOf(id);
        foreach (var (task, operation) in failed)
        {
            State.Statuses.Change(task, status => status?.OperationId == operation ? StatusChanges.GivenUp(status) : null);
        }
        _scheduler.Ask(failed.Select(f => f.Task));
        return aborted + pending.Count;
    }

    /// <summary>Restores a point as a new database. What cannot work is refused at once; the rest shows when it is its turn.</summary>
    /// <exception cref="HoldfastException">
    /// The target exists or is being restored, its source is not here, or no single backup lies where it is looked for.
    /// </exception>
    public async Task<LiveOperation> RestoreAsync(RestoreAsk ask, string askedBy, CancellationToken cancellationToken)
    {
        var monitor = FindSource(ask.Target.Source)
            ?? throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"Source '{ask.Target.Source}' is not configured on this node.",
                "Choose a source of GET /api/v1/sources."
            );
        await monitor.Use().DisposeAsync(); // refused where the source is not the one that was known by its name
        if (monitor.Find(ask.Target.Name) is not null)
        {
            throw new HoldfastException(
                ErrorCatalogue.TargetExists,
                $"Database '{ask.Target}' exists already.",
                "A restore always makes a new database: give another name."
            );
        }
        await Backups.CheckAsync(ask.From, cancellationToken);
        await _restores.CheckAsync(ask.From, ask.Point, cancellationToken);
        var operation = Queue.Add(new RestoreWork(ask, _restores), askedBy, out var isNew);
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
    public async Task<LiveOperation> VerifyAsync(VerifyAsk ask, string askedBy, CancellationToken cancellationToken)
    {
        await Backups.CheckAsync(ask.From, cancellationToken);
        return Queue.Add(new VerifyWork(ask, _verifications), askedBy, out _);
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
        await InTimeAsync(Supervisor.StopAsync(), "the background loops");
        Runs.Store();
        await InTimeAsync(_cleaning, "cleaning after a crash");
        await InTimeAsync(State.Writer.FlushAsync(CancellationToken.None), "storing the state");
        _log.Stopped(this);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await InTimeAsync(Supervisor.DisposeAsync().AsTask(), "the background loops");
        await InTimeAsync(_sources.DisposeAsync().AsTask(), "closing the sources");
        _scheduler.Dispose();
        Editor.Dispose();
        await InTimeAsync(Destinations.DisposeAsync().AsTask(), "closing the destinations");
        await InTimeAsync(Catalog.DisposeAsync().AsTask(), "closing the catalog");
        await InTimeAsync(State.DisposeAsync().AsTask(), "closing the state");
    }

    // A disk or a store that stands still keeps no process from ending. What it was to store is as after a crash then.
    private async Task InTimeAsync(Task step, string what)
    {
        await step.WaitAsync(StepPatience, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (step.IsCompleted)
        {
            await step;
        }
        else
        {
            _log.NotStoppedInTime(what, StepPatience);
        }
    }

    private void FollowForAlerts()
    {
        Supervisor.Changed += Alerts.Touch;
        Catalog.Changed += Alerts.Touch;
        Destinations.ProblemChanged += Alerts.Touch;
        State.Templates.Changed += (_, _, _) => Alerts.Touch();
        State.UnreadableFound += Alerts.Touch;
        State.Writer.ProblemChanged += Alerts.Touch;
        StateWatch.Changed += Alerts.Touch;
        Clock.Changed += Alerts.Touch;
        Tasks.Changed += _ => Alerts.Touch();
        Queue.Ended += _ => Alerts.Touch();
        RetentionDesk.Ended += Alerts.Touch;
        _sources.Changed += _ => Alerts.Touch();
        _sources.StatusChanged += Alerts.Touch;
    }

    // What is due while nobody knows yet what is there begins when that is known.
    private void OnSettled(string source)
    {
        Queue.Pump();
        _scheduler.Ask([.. Tasks.All.Where(t => t.Database.Source == source).Select(t => t.Id)]);
    }

    // Slots of a database that is missing pass, and count as missed; what is due runs when it is back.
    private bool MayRun(string taskId) =>
        Tasks.Find(taskId) is not { } task
        || (
            FindSource(task.Database.Source) is not { IsSettled: false }
            && State.Databases.Find(task.Database.ToString()) is not { MissingSince: not null }
        );

    private bool MayCompare(BackupTask task) => MayRun(task.Id) && FindSource(task.Database.Source) is { Status.Problem: null };

    private void BackUpNow(BackupTask task) =>
        Queue.AddDue(Work(new(task.Database, task.Settings, BackupKind.Incremental, task)), () =>
            Tasks.Find(task.Id) is { Settings.Runs: true } && Core.Scheduling.Comparisons.MayBackUp(StatusOf(task.Id))
        );

    private bool IsReady(string source) => FindSource(source) is not { IsSettled: false };

    // Thousands are begun in one turn: an operator may have aborted the run meanwhile, and the slot is used up.
    private void Due(BackupTask task, NextBackup next)
    {
        if (!Queue.AddDue(Work(new(task.Database, task.Settings, next.Kind, task) { RunId = Runs.RunOf(task, next) }), IsDue))
        {
            _scheduler.Ask([task.Id]);
        }

        bool IsDue() =>
            Scheduler.Next(task, StatusOf(task.Id), _time.GetUtcNow(), _settings.Zone) is { } still && still.At <= _time.GetUtcNow();
    }

    private BackupWork Work(BackupJob job) => new(job, _backups, BackupSweep.LaneOf(SizeOf(job.Database)));

    private IEnumerable<WrittenHead> HeadsOf(DatabaseId database) =>
        Tasks.Of(database).Select(t => WrittenHead.Of(t, StatusOf(t.Id))).OfType<WrittenHead>();

    private long SizeOf(DatabaseId database) =>
        FindSource(database.Source)?.Find(database.Name)?.SizeBytes ?? State.Databases.Find(database.ToString())?.SizeBytes ?? 0;

    // Success is stored before retention, and the operation ends after it: a crash between the two takes nothing back.
    private OperationState? EndedBefore(Operation operation) =>
        operation is { Kind: OperationKind.Backup, TaskId: { } task, Started: { } started }
        && StatusOf(task) is { LastState: OperationState.Completed or OperationState.CompletedWithErrors } status
        && status.OperationId == operation.Id
        && status.LastEnd >= started
            ? status.LastState
            : null;

    // What lay at a destination is not there any more, or it means another place: nothing there protects anything.
    private void NoLongerAt(string destination, IEnumerable<string> tasks)
    {
        foreach (var id in tasks)
        {
            if (Tasks.Find(id) is { } task)
            {
                State.Statuses.Change(id, status => status is null ? null : NoLongerAt(status, destination, task));
            }
        }

        Alerts.Touch();
    }

    private static TaskStatus? NoLongerAt(TaskStatus status, string destination, BackupTask task) =>
        StatusChanges.NoLongerAt(status, destination, task.Settings.Destinations) is var changed && changed != status ? changed : null;

    private void FollowDestinations()
    {
        State.Destinations.Changed += (name, before, after) =>
        {
            if (before is not null && !DestinationBook.IsSame(before.Path, after?.Path))
            {
                NoLongerAt(name, State.Statuses.Items.Select(s => s.Key).ToList());
            }
        };
        State.Identities.Changed += (key, before, after) =>
        {
            var name = key[..key.IndexOf('/', StringComparison.Ordinal)];
            if (Destinations.IsOfThisNode(key))
            {
                Catalog.SetPlace(name, after?.Id);
            }
            if (before is not null && before != after)
            {
                NoLongerAt(name, State.Statuses.Items.Select(s => s.Key).ToList());
            }
        };
        Catalog.SetPlaces(Destinations.Identities); // an edit may have been stored just before a crash
    }

    private Task LookAtCatalogAsync(CancellationToken cancellationToken)
    {
        Catalog.Look();
        return Task.CompletedTask;
    }

    // A backup that waits may have begun just before the kill. One that a kill ended, or that ended after it without a
    // start because its database is
    // gone, may belong to a node that was killed again before it had cleaned, or that could not while a destination was not there.
    private bool MayHaveLeftFiles(Operation operation) =>
        operation.Kind == OperationKind.Backup
        && (
            operation.Ended is not { } ended
            || (operation.State is OperationState.Failed or OperationState.Aborted && _time.GetUtcNow() - ended < CleanedFor)
        );

    // A crash ended it: tried again after a minute, so that a database that brings the node down does not do so over and over.
    private void Crashed(Operation operation) =>
        State.Statuses.Set(
            operation.TaskId!,
            StatusChanges.Failed(
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
        if (WorkOf(operation, out var problem) is { } work)
        {
            Queue.Resume(work, operation);
            return;
        }

        var live = Operations.Resume(operation);
        if (live.Claim())
        {
            live.End(
                OperationState.Failed,
                null,
                new(ErrorCatalogue.Interrupted, $"The server stopped before this began. {problem}", "Ask for it again.")
            );
        }
        live.Dispose();
    }

    private OperationWork? WorkOf(Operation operation, out string? problem)
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
            return new RestoreWork(
                new()
                {
                    From = request!.From!,
                    Point = request.Point,
                    Target = operation.Database,
                    File = new() { Mode = request.KeepMode, Owner = request.KeepOwner },
                    ContinueOnError = request.ContinueOnError,
                },
                _restores
            );
        }
        if (operation.Kind == OperationKind.Verify)
        {
            return new VerifyWork(
                new()
                {
                    From = request!.From!,
                    Database = operation.Database,
                    HashSuffices = request.HashSuffices,
                },
                _verifications
            );
        }
        if (operation.TaskId is null)
        {
            return Work(new(operation.Database, request!.Settings!, kind, null));
        }
        if (Tasks.Find(operation.TaskId) is { } task)
        {
            return Work(new(task.Database, task.Settings, kind, task));
        }
        problem = $"Its task '{operation.TaskName}' is gone, or its database.";
        return null;
    }

    private async Task CheckDestinationsAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Destinations.CheckAllAsync(cancellationToken);
            loop.Beat();
            await Task.Delay(_settings.DestinationInterval, _time, cancellationToken);
        }
    }

    // The alerts tell it too, unless it is they that are stuck.
    private Task LogStuckAsync(CancellationToken cancellationToken)
    {
        Supervisor.LogStuck();
        Alerts.Touch();
        return Task.CompletedTask;
    }

    private async Task StoreProgressAsync(CancellationToken cancellationToken)
    {
        Operations.StoreProgress();
        Runs.Store();
        await Queue.CheckAsync();
        Operations.Prune();
    }
}
