using System.Security.Cryptography;
using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Runs;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;
using Holdfast.Node.Operations;
using Holdfast.Node.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Node.Runs;

/// <summary>
/// The runs of server-wide backup tasks. Every slot creates one, whether or not a backup starts then, so that a due backup that
/// does not run is reported as missed. Operations name their run and update it. Unfinished runs are kept in memory, older ones are
/// read from the state.
/// </summary>
/// <param name="state">The stored runs, their due databases, server-wide backup tasks and statuses.</param>
/// <param name="operations">All operations.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="availability">Whether a task cannot start, because its database or source is unavailable.</param>
/// <param name="sizes">Sizes of databases.</param>
/// <param name="settings">Tag and time zone of the node.</param>
/// <param name="time">The clock.</param>
public sealed class RunRegistry(
    NodeState state,
    OperationStore operations,
    TaskRegistry tasks,
    TaskAvailability availability,
    DatabaseSizes sizes,
    NodeSettings settings,
    TimeProvider time
)
{
    /// <summary>Number of runs that are kept; older ones are deleted.</summary>
    public const int MaxStored = 1_000;

    // Per template and origin: a retry still belongs to the run that failed.
    private const int MaxLoadedPerTemplate = 2;

    // Guards the active runs. Operations, queue and scheduler call this class while they hold their own locks, so none of them may
    // be called while this one is held.
    private readonly Lock _gate = new();
    private readonly RunDueStore _due = new(state.RunDue);
    private readonly Dictionary<string, ActiveRun> _active = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _slots = new(StringComparer.Ordinal);
    private long _lastTime;

    /// <summary>All runs, in no particular order.</summary>
    public IReadOnlyList<Run> All
    {
        get
        {
            var now = time.GetUtcNow();
            var all = state.Runs.Items.ToDictionary(r => r.Key, r => r.Value, StringComparer.Ordinal);
            lock (_gate)
            {
                foreach (var (id, run) in _active)
                {
                    all[id] = run.Snapshot(now, IsHeldUp);
                }
            }

            return [.. all.Values];
        }
    }

    /// <summary>The current state of a run; null if it does not exist.</summary>
    public Run? Find(string id)
    {
        lock (_gate)
        {
            if (_active.TryGetValue(id, out var run))
            {
                return run.Snapshot(time.GetUtcNow(), IsHeldUp);
            }
        }

        return state.Runs.Find(id);
    }

    /// <summary>Resumes the runs that a previous server left unfinished, and updates them from their operations.</summary>
    /// <param name="ofAllNodes">Whether runs of other tags count as this node's own, because its tag has been changed.</param>
    public void Start(bool ofAllNodes)
    {
        var backups = operations
            .Unordered.Where(o => o is { TaskId: not null, Kind: OperationKind.Backup })
            .OrderBy(o => o.Id, StringComparer.Ordinal)
            .ToList();
        var (ofRun, ofTask) = (
            backups.ToLookup(o => o.RunId ?? "", StringComparer.Ordinal),
            backups.ToLookup(o => o.TaskId!, StringComparer.Ordinal)
        );
        var stored = _due.All;
        var own = state.Runs.Items.Select(r => r.Value).Where(r => ofAllNodes || r.Node == settings.Tag).ToList();
        lock (_gate)
        {
            foreach (var group in own.GroupBy(r => (r.TemplateId, r.Slot is null)))
            {
                // Older ones that may still have missed backups are included: they end when their time is over.
                var unfinished = group
                    .OrderByDescending(r => r.Id, StringComparer.Ordinal)
                    .Where((r, i) => i < MaxLoadedPerTemplate || !r.HasEnded);
                foreach (var run in unfinished)
                {
                    Resume(run, stored.GetValueOrDefault(run.Id), ofRun[run.Id], ofTask);
                }
            }

            _due.Remove(own.Select(r => r.Id).Where(id => stored.ContainsKey(id) && !_active.ContainsKey(id)));
        }
    }

    /// <summary>
    /// The run that a task's scheduled backup belongs to; null for a regular task. Creates the run if its slot has none yet.
    /// </summary>
    public string? RunOf(BackupTask task, NextBackup next)
    {
        if (task.TemplateId is not { } id || state.Templates.Find(id)?.Value is not { } template)
        {
            return null;
        }
        lock (_gate)
        {
            if (next.Reason is NextBackupReason.Retry or NextBackupReason.Delay && FindUnfinished(id, task.Id) is { } run)
            {
                return run.Head.Id;
            }
            // A backup that is caught up belongs to the newest slot that has passed, whatever the task's offset; otherwise a server
            // that was off for many slots would create a run for each.
            return FindOrCreateAtSlot(
                template,
                next.Reason == NextBackupReason.Schedule ? next.At - task.Offset : time.GetUtcNow()
            )?.Head.Id;
        }
    }

    /// <summary>Starts a manual run. Put its id into each job, then call <see cref="TryComplete"/>.</summary>
    public string Begin(Template template, BackupKind kind, string askedBy)
    {
        lock (_gate)
        {
            var run = Add(template, kind, null, [], askedBy);
            run.IsAccepting = true;
            return run.Head.Id;
        }
    }

    /// <summary>Marks a manual run as complete: all its operations have been added.</summary>
    /// <returns>
    /// Whether it has any; a run without operations is deleted, because each database already had another backup queued or running.
    /// </returns>
    public bool TryComplete(string id)
    {
        lock (_gate)
        {
            if (!_active.TryGetValue(id, out var run))
            {
                return false;
            }
            run.IsAccepting = false;
            if (run.Entries.Count > 0)
            {
                StoreRun(run, time.GetUtcNow());
                return true;
            }

            _active.Remove(id);
        }

        _due.Remove(id);
        state.Runs.Remove(id);
        return false;
    }

    /// <summary>The databases of a run, with their operations as far as they are still known.</summary>
    public IReadOnlyList<RunDatabase> DatabasesOf(string id)
    {
        List<(string? Operation, DatabaseId Database)>? found = null;
        lock (_gate)
        {
            if (_active.TryGetValue(id, out var run))
            {
                var untried = run.Due.Where(d => !run.Entries.ContainsKey(d.Key)).Select(d => ((string?)null, d.Value.Database));
                found = [.. run.Entries.Values.Select(e => ((string?)e.Operation, e.Database)), .. untried];
            }
        }

        found ??= FindStored(id);
        var isTooLate = Find(id) is { MissedFrom: null } or { Missed: > 0 } or { Ended: not null };
        return [.. found.Select(f => RunDatabase.Of(f.Database, f.Operation is null ? null : operations.Find(f.Operation), isTooLate))];
    }

    /// <summary>Ids of the tasks of a scheduled run that have yet to start: their starts are spread, or blocked.</summary>
    public IReadOnlyList<string> NotStartedTasksOf(string id)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            return _active.TryGetValue(id, out var run) && now < run.Head.MissedFrom
                ? [.. run.Due.Keys.Where(t => !run.Entries.ContainsKey(t))]
                : [];
        }
    }

    /// <summary>The tasks of a run whose newest operation in it failed, with that operation.</summary>
    public IReadOnlyList<(string Task, string Operation)> FailedOf(string id)
    {
        lock (_gate)
        {
            if (!_active.TryGetValue(id, out var run))
            {
                return [];
            }
            return [.. run.Entries.Where(e => e.Value.State == OperationState.Failed).Select(e => (e.Key, e.Value.Operation))];
        }
    }

    /// <summary>Updates the runs from an operation.</summary>
    public void RecordOperation(Operation operation)
    {
        if (operation is not { TaskId: not null, Kind: OperationKind.Backup })
        {
            return;
        }
        lock (_gate)
        {
            foreach (var run in _active.Values)
            {
                RecordOperation(operation, run);
            }
        }
    }

    /// <summary>
    /// Creates the runs of slots that have passed. Called at each iteration of the scheduler, after it has started due backups.
    /// </summary>
    public void CreateDueRuns()
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            foreach (var template in state.Templates.Items.Select(t => t.Value).Where(t => t.Settings.Runs))
            {
                FindOrCreateAtSlot(template, now);
            }
        }
    }

    /// <summary>Stores changed runs, and deletes the oldest above <see cref="MaxStored"/>.</summary>
    public void Store()
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            foreach (var run in _active.Values.Where(r => r.IsChanged))
            {
                var stored = run.Snapshot(now, IsHeldUp) with { TimeLeft = null };
                run.IsChanged = !stored.HasEnded; // time alone can change it: backups become missed
                if (stored != state.Runs.Find(stored.Id))
                {
                    state.Runs.Set(stored.Id, stored);
                }
                StoreDue(run);
            }
        }

        if (state.Runs.Count <= MaxStored)
        {
            return;
        }
        var old = state
            .Runs.Items.Where(r => r.Value.HasEnded)
            .Select(r => r.Key)
            .OrderDescending(StringComparer.Ordinal)
            .Skip(MaxStored)
            .ToList();
        foreach (var id in old)
        {
            state.Runs.Remove(id);
        }
        _due.Remove(old);
    }

    private ActiveRun? FindOrCreateAtSlot(Template template, DateTimeOffset notAfter)
    {
        if (PastSlots.FindLatest(template.Settings, settings.Zone, notAfter) is not { } slot || slot.At <= template.ScheduledSince)
        {
            return null;
        }
        if (_slots.TryGetValue(template.Id, out var last) && last == slot.At)
        {
            return _active.Values.FirstOrDefault(r => r.Head.TemplateId == template.Id && r.Head.Slot == slot.At);
        }
        if (_active.Values.FirstOrDefault(r => r.Head.TemplateId == template.Id && r.Head.Slot == slot.At) is { } known)
        {
            return known;
        }
        // A task with an offset of a slot before the newest, whose run is no longer in memory. A run far in the future was created
        // by a wrong clock.
        if (last > slot.At && last - notAfter <= Scheduler.MaxClockSkew)
        {
            return null;
        }
        _slots[template.Id] = slot.At;
        var due = tasks
            .All.Where(t => t.TemplateId == template.Id && t.ScheduledSince < slot.At && !IsUsed(state.Statuses.Of(t.Id), slot))
            .ToDictionary(t => t.Id, t => (t.Database, sizes.Of(t.Database)), StringComparer.Ordinal);
        return due.Count == 0 ? null : Add(template, slot.Kind, slot.At, due, null);
    }

    // Whether a run started at or after the slot: an older version created no runs, and an operator may have been first.
    private static bool IsUsed(TaskStatus status, (DateTimeOffset At, BackupKind Kind) slot) =>
        (slot.Kind == BackupKind.Full ? status.FullSlotUsed : status.IncrementalSlotUsed) >= slot.At;

    private ActiveRun Add(
        Template template,
        BackupKind kind,
        DateTimeOffset? slot,
        Dictionary<string, (DatabaseId Database, long Bytes)> due,
        string? askedBy
    )
    {
        var now = time.GetUtcNow();
        _lastTime = Math.Max(now.ToUnixTimeMilliseconds(), _lastTime + 1);
        var run = new ActiveRun(
            new()
            {
                Id = $"{_lastTime:x11}{RandomNumberGenerator.GetHexString(6, lowercase: true)}",
                TemplateId = template.Id,
                TemplateName = template.Name,
                Slot = slot,
                Kind = kind,
                AskedBy = askedBy,
                Node = settings.Tag,
                Created = now,
                // Backups that are caught up after downtime get their time from now on.
                MissedFrom = slot is { } at ? (at > now ? at : now) + template.Spread + TaskProtection.OverdueThreshold : null,
            },
            due
        );
        _active[run.Head.Id] = run;
        if (slot is not null)
        {
            StoreRun(run, now); // at once: a server that is killed in a moment had these databases due nevertheless
        }
        Unload(run.Head, now);
        return run;
    }

    private void StoreRun(ActiveRun run, DateTimeOffset now)
    {
        state.Runs.Set(run.Head.Id, run.Snapshot(now, IsHeldUp) with { TimeLeft = null });
        StoreDue(run);
    }

    private void StoreDue(ActiveRun run)
    {
        if (run.StoredDueCount == run.Due.Count)
        {
            return;
        }
        _due.Set(run.Head.Id, run.Due);
        run.StoredDueCount = run.Due.Count;
    }

    // Previous runs stay as they are: what has not been tried by then is missed.
    private void Unload(Run newest, DateTimeOffset now)
    {
        var old = _active
            .Values.Where(r => r.Head.TemplateId == newest.TemplateId && (r.Head.Slot is null) == (newest.Slot is null))
            .OrderByDescending(r => r.Head.Id, StringComparer.Ordinal)
            .Skip(MaxLoadedPerTemplate)
            .ToList();
        foreach (var run in old.Where(r => r.Snapshot(now, IsHeldUp).HasEnded))
        {
            _active.Remove(run.Head.Id);
            state.Runs.Set(run.Head.Id, run.Snapshot(now, IsHeldUp));
        }

        _due.Remove(old.Select(r => r.Head.Id).Where(id => !_active.ContainsKey(id)));
    }

    private void RecordOperation(Operation operation, ActiveRun run)
    {
        if (run.Head.Id != operation.RunId && !ConsumesSlot(operation, run))
        {
            return;
        }
        var task = operation.TaskId!;
        // Of two operations of a database the newer one counts, whichever is reported last.
        if (run.Entries.TryGetValue(task, out var known) && string.CompareOrdinal(known.Operation, operation.Id) > 0)
        {
            return;
        }
        run.Entries[task] = RunEntry.From(operation);
        run.Due.TryAdd(task, (operation.Database!, sizes.Of(operation.Database!)));
        run.IsChanged = true;
    }

    // Another run started before this slot could: the slot is used up.
    private static bool ConsumesSlot(Operation operation, ActiveRun run) =>
        run.Head.Slot is { } slot
        && operation.Started >= slot
        && operation.TaskId is { } task
        && run.Due.ContainsKey(task)
        && (!run.Entries.TryGetValue(task, out var known) || known.Operation == operation.Id);

    private ActiveRun? FindUnfinished(string templateId, string taskId) =>
        _active
            .Values.Where(r =>
                r.Head.TemplateId == templateId
                && r.Entries.TryGetValue(taskId, out var entry)
                && entry.State is OperationState.Failed or OperationState.Aborted
            )
            .MaxBy(r => r.Head.Id, StringComparer.Ordinal);

    // The state of each database follows from the operations: those of this run, and those of other runs that used up its slot.
    private void Resume(
        Run run,
        Dictionary<string, (DatabaseId Database, long Bytes)>? stored,
        IEnumerable<Operation> own,
        ILookup<string, Operation> ofTask
    )
    {
        var live = new ActiveRun(run, stored ?? DueByTasks(run)) { StoredDueCount = stored?.Count ?? 0 };
        var others = live.Due.Keys.SelectMany(task => ofTask[task]).Where(o => o.RunId != run.Id);
        foreach (var operation in own.Concat(others).OrderBy(o => o.Id, StringComparer.Ordinal).ToList())
        {
            RecordOperation(operation, live);
        }
        // Some of its operations have been deleted: the stored run is all that is known.
        if (run.HasEnded && live.Entries.Count < run.Due - run.Missed)
        {
            return;
        }
        _active[run.Id] = live;
        if (run.Slot is { } at && (!_slots.TryGetValue(run.TemplateId, out var last) || at > last))
        {
            _slots[run.TemplateId] = at;
        }
    }

    // For a run of an older version, which did not store the due databases.
    private Dictionary<string, (DatabaseId Database, long Bytes)> DueByTasks(Run run) =>
        run.Slot is not { } slot || run.Missed + run.Waiting == 0
            ? []
            : tasks
                .All.Where(t => t.TemplateId == run.TemplateId && t.ScheduledSince < slot)
                .ToDictionary(t => t.Id, t => (t.Database, sizes.Of(t.Database)), StringComparer.Ordinal);

    private List<(string? Operation, DatabaseId Database)> FindStored(string id)
    {
        var own = operations
            .Unordered.Where(o => o.RunId == id)
            .GroupBy(o => o.TaskId)
            .Select(g => g.MaxBy(o => o.Id, StringComparer.Ordinal)!);
        return
        [
            .. own.Select(o => ((string?)o.Id, o.Database!)),
            .. (state.Runs.Find(id)?.MissedDatabases ?? []).Select(d => ((string?)null, DatabaseId.Parse(d))),
        ];
    }

    // Called while the lock is held: reads tasks, sources and records, and raises no event.
    private bool IsHeldUp(string taskId) => !availability.CanRun(taskId);
}
