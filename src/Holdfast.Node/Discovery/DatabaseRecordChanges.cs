using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Engines;

namespace Holdfast.Node.Discovery;

/// <summary>
/// What a look at a source changes of the records of its databases: a pure function of what was known and what was
/// found.
/// </summary>
internal sealed class DatabaseRecordChanges
{
    private readonly AttachedSource _source;
    private readonly DateTimeOffset _now;
    private readonly Dictionary<string, string> _newNames = new(StringComparer.Ordinal); // names of those that are new, by identity
    private readonly List<DatabaseRecord> _records = [];

    private DatabaseRecordChanges(AttachedSource source, DateTimeOffset now) => (_source, _now) = (source, now);

    /// <summary>The records that change.</summary>
    public IReadOnlyList<DatabaseRecord> Records => _records;

    /// <summary>
    /// How many databases are missing: lost with so many others, at once or within a day, that they do not count as
    /// dropped.
    /// </summary>
    public int Missing { get; private set; }

    /// <summary>Compares.</summary>
    /// <param name="source">The source.</param>
    /// <param name="known">The records of its databases, those of dropped ones too.</param>
    /// <param name="found">What was found, by name.</param>
    /// <param name="now">The moment.</param>
    public static DatabaseRecordChanges Compute(
        AttachedSource source,
        IReadOnlyDictionary<string, DatabaseRecord> known,
        IReadOnlyDictionary<string, DiscoveredDatabase> found,
        DateTimeOffset now
    )
    {
        var changes = new DatabaseRecordChanges(source, now);
        foreach (var database in found.Values)
        {
            changes.AddFound(database, known.GetValueOrDefault(database.Name));
        }
        changes.AddLost([.. known.Values], found);
        return changes;
    }

    private void AddFound(DiscoveredDatabase database, DatabaseRecord? before)
    {
        if (before is null or { Dropped: not null } && database.Identity is { } identity)
        {
            _newNames.TryAdd(identity, database.Name);
        }
        var problem = database.Problem is null ? null : OperationError.From(database.Problem);
        var encryption = database.Encryption.ToString();
        // The size alone is no news: it is told from what was found, and stored when something else is.
        var isThere = before is { Dropped: null, MissingSince: null };
        if (isThere && before!.Encryption == encryption && before.Identity == database.Identity && before.Problem == problem)
        {
            return;
        }
        _records.Add(
            new()
            {
                Id = new(_source.Name, database.Name),
                Engine = _source.Engine,
                FirstSeen = before?.FirstSeen ?? _now,
                SizeBytes = database.SizeBytes,
                Encryption = encryption,
                Identity = database.Identity,
                Problem = problem,
            }
        );
    }

    private void AddLost(IReadOnlyCollection<DatabaseRecord> known, IReadOnlyDictionary<string, DiscoveredDatabase> found)
    {
        var there = known.Where(r => r.Dropped is null).ToList();
        var lost = new List<DatabaseRecord>();
        foreach (var record in there.Where(r => !found.ContainsKey(r.Id.Name)))
        {
            if (record.Identity is { } identity && _newNames.TryGetValue(identity, out var name))
            {
                _records.Add(record with { Dropped = _now, RenamedTo = new(_source.Name, name), MissingSince = null });
            }
            else
            {
                lost.Add(record);
            }
        }

        // While some are missing nothing more is taken for dropped: what is wrong may go on.
        var isHeld = SourceShrinkage.IsSuspicious(there.Count, lost.Count) || lost.Exists(r => r.MissingSince is not null);
        if (!isHeld && lost.Count > 0)
        {
            // In small steps it is the same loss: those that went first are missing again.
            var before = SourceShrinkage.FindGradualLosses(
                known,
                lost.Select(r => r.Id).ToHashSet(),
                id => found.ContainsKey(id.Name),
                _now
            );
            isHeld = before.Count > 0;
            _records.AddRange(before.Select(r => r with { Dropped = null, MissingSince = _now }));
            Missing = before.Count;
        }

        if (isHeld)
        {
            Missing += lost.Count;
        }
        foreach (var record in lost)
        {
            if (!isHeld)
            {
                _records.Add(record with { Dropped = _now, RenamedTo = null });
            }
            else if (record.MissingSince is null)
            {
                _records.Add(record with { MissingSince = _now });
            }
        }
    }
}
