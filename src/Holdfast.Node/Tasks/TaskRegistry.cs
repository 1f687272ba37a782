using Holdfast.Core.Databases;
using Holdfast.Core.Events;
using Holdfast.Core.Tasks;
using Holdfast.Node.Discovery;
using Holdfast.State;

namespace Holdfast.Node.Tasks;

/// <summary>
/// All tasks of all databases, derived and regular: a projection of templates, regular tasks and databases that is updated as they
/// change. A dropped database has none.
/// </summary>
public sealed class TaskRegistry
{
    private readonly StateMirror<Template> _templates;
    private readonly StateMirror<RegularTask> _regular;
    private readonly DatabaseRecords _databases;
    private readonly Dictionary<DatabaseId, IReadOnlyList<BackupTask>> _byDatabase = [];
    private readonly Dictionary<string, BackupTask> _byId = new(StringComparer.Ordinal);
    private readonly List<TaskIdConflict> _idConflicts = [];

    // Derivation reads templates, tasks and records while this lock is held. They change before they notify this class, so the last
    // derivation has read the newest values.
    private readonly Lock _gate = new();
    private List<(Template Template, Exclusions Exclusions)> _compiled = [];

    /// <summary>Creates the registry; <see cref="Start"/> fills it.</summary>
    public TaskRegistry(StateMirror<Template> templates, StateMirror<RegularTask> regular, DatabaseRecords databases) =>
        (_templates, _regular, _databases) = (templates, regular, databases);

    /// <summary>Raised with the ids of tasks that were added, changed or removed. Must not block.</summary>
    public event Action<IReadOnlyCollection<string>>? Changed;

    /// <summary>All tasks, grouped by database.</summary>
    public IReadOnlyList<BackupTask> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _byDatabase.Values.SelectMany(t => t)];
            }
        }
    }

    /// <summary>Tasks whose id belongs to another task: they do not run.</summary>
    public IReadOnlyList<TaskIdConflict> IdConflicts
    {
        get
        {
            lock (_gate)
            {
                return [.. _idConflicts];
            }
        }
    }

    /// <summary>Derives all tasks, and follows changes.</summary>
    public void Start()
    {
        _templates.Changed += (_, _, _) => DeriveAll();
        _regular.Changed += (_, before, after) => Derive(before, after);
        DeriveAll();
    }

    /// <summary>The tasks of a database: derived ones by the names of their templates, then regular ones by name.</summary>
    public IReadOnlyList<BackupTask> Of(DatabaseId database)
    {
        lock (_gate)
        {
            return _byDatabase.GetValueOrDefault(database, []);
        }
    }

    /// <summary>The task of this id; null if there is none.</summary>
    public BackupTask? Find(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    /// <summary>The server-wide backup task of a name, ignoring case; null if there is none.</summary>
    public Template? FindTemplate(string name)
    {
        lock (_gate)
        {
            return _compiled.Select(c => c.Template).FirstOrDefault(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>Derives the tasks of a database whose record changed.</summary>
    public void Derive(DatabaseRecord record)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        lock (_gate)
        {
            Derive(_databases.Find(record.Id.ToString()) ?? record, RegularOf(record.Id), changed);
            RegisterDisplaced(changed);
        }

        NotifyChanged(changed);
    }

    private void Derive(RegularTask? before, RegularTask? after)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        lock (_gate)
        {
            foreach (var id in new[] { before?.Database, after?.Database }.OfType<DatabaseId>().Distinct())
            {
                if (_databases.Find(id.ToString()) is { } record)
                {
                    Derive(record, RegularOf(id), changed);
                }
            }

            RegisterDisplaced(changed);
        }

        NotifyChanged(changed);
    }

    private void DeriveAll()
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        lock (_gate)
        {
            var regular = _regular.Items.Select(i => i.Value).ToLookup(t => t.Database);
            _compiled =
            [
                .. _templates
                    .Items.Select(i => (i.Value, new Exclusions(i.Value.Excluded)))
                    .OrderBy(t => t.Value.Name, StringComparer.OrdinalIgnoreCase),
            ];
            foreach (var (_, record) in _databases.Items)
            {
                Derive(record, regular[record.Id], changed);
            }
            RegisterDisplaced(changed);
        }

        NotifyChanged(changed);
    }

    private IEnumerable<RegularTask> RegularOf(DatabaseId database) =>
        _regular.Items.Select(i => i.Value).Where(t => t.Database == database);

    private void Derive(DatabaseRecord record, IEnumerable<RegularTask> regular, HashSet<string> changed)
    {
        foreach (var task in _byDatabase.GetValueOrDefault(record.Id, []))
        {
            _byId.Remove(task.Id);
            changed.Add(task.Id);
        }

        _idConflicts.RemoveAll(c => c.Task.Database == record.Id);
        _byDatabase.Remove(record.Id);
        if (record.Dropped is not null)
        {
            return;
        }

        List<BackupTask> tasks =
        [
            .. _compiled.Select(t => TaskDerivation.Derive(t.Template, record.Id, record.FirstSeen, t.Exclusions)).OfType<BackupTask>(),
            .. regular.OrderBy(t => t.Name, StringComparer.OrdinalIgnoreCase).Select(TaskDerivation.FromRegularTask),
        ];
        foreach (var task in tasks)
        {
            TryRegister(task, changed);
        }
        _byDatabase[record.Id] = [.. tasks.Where(t => _byId[t.Id] == t)];
    }

    // An id belongs to one task alone: two tasks would share one status, and one of them would never run. The existing one keeps
    // it, at every start.
    private bool TryRegister(BackupTask task, HashSet<string> changed)
    {
        if (_byId.TryGetValue(task.Id, out var holder))
        {
            if (!TaskIdConflict.HasPrecedence(task, holder))
            {
                _idConflicts.Add(new(task, holder));
                return false;
            }

            // One of the same database is not in a list yet.
            if (_byDatabase.TryGetValue(holder.Database, out var others))
            {
                _byDatabase[holder.Database] = [.. others.Where(t => t != holder)];
            }
            _idConflicts.Add(new(holder, task));
        }

        _byId[task.Id] = task;
        changed.Add(task.Id);
        return true;
    }

    // Tasks that lost their id to a removed task get it back.
    private void RegisterDisplaced(HashSet<string> changed)
    {
        foreach (var clash in _idConflicts.Where(c => !_byId.TryGetValue(c.Task.Id, out var holder) || holder != c.Owner).ToList())
        {
            _idConflicts.Remove(clash);
            if (TryRegister(clash.Task, changed))
            {
                _byDatabase[clash.Task.Database] = [.. _byDatabase.GetValueOrDefault(clash.Task.Database, []), clash.Task];
            }
        }
    }

    private void NotifyChanged(HashSet<string> changed)
    {
        if (changed.Count > 0)
        {
            Subscribers.Notify(Changed, changed);
        }
    }
}
