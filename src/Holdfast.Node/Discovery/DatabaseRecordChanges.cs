using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Engines.Discovery;

namespace Holdfast.Node.Discovery;

/// <summary>
/// The changes that a discovery makes to the records of the databases of a source: a pure function of the known records and of what was
/// found.
/// </summary>
internal sealed class DatabaseRecordChanges
{
    private readonly AttachedSource _source;
    private readonly DateTimeOffset _now;
    private readonly Dictionary<string, string> _newNames = new(StringComparer.Ordinal); // of new databases, by identity
    private readonly List<DatabaseRecord> _records = [];

    private DatabaseRecordChanges(AttachedSource source, DateTimeOffset now) => (_source, _now) = (source, now);

    /// <summary>The changed records.</summary>
    public IReadOnlyList<DatabaseRecord> Records => _records;

    /// <summary>
    /// Number of databases that are missing: lost together with so many others, at once or within a day, that they do not count as dropped.
    /// </summary>
    public int Missing { get; private set; }

    /// <summary>Computes the changes.</summary>
    /// <param name="source">The source.</param>
    /// <param name="known">The records of its databases by name, including dropped ones.</param>
    /// <param name="found">The databases that were found, by name.</param>
    /// <param name="now">The current time.</param>
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
        // A new size alone is not stored: it is read from the result of the discovery.
        var exists = before is { Dropped: null, MissingSince: null };
        if (exists && before!.Encryption == encryption && before.Identity == database.Identity && before.Problem == problem)
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
        var existing = known.Where(r => r.Dropped is null).ToList();
        var lost = new List<DatabaseRecord>();
        foreach (var record in existing.Where(r => !found.ContainsKey(r.Id.Name)))
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

        // While databases are missing, further losses are not drops either: the cause may persist.
        var isSuspicious = SourceShrinkage.IsSuspicious(existing.Count, lost.Count) || lost.Exists(r => r.MissingSince is not null);
        if (!isSuspicious && lost.Count > 0)
        {
            // Many small losses are one large loss: databases that were dropped first become missing, too.
            var before = SourceShrinkage.FindGradualLosses(
                known,
                lost.Select(r => r.Id).ToHashSet(),
                id => found.ContainsKey(id.Name),
                _now
            );
            isSuspicious = before.Count > 0;
            _records.AddRange(before.Select(r => r with { Dropped = null, MissingSince = _now }));
            Missing = before.Count;
        }

        if (isSuspicious)
        {
            Missing += lost.Count;
        }
        foreach (var record in lost)
        {
            if (!isSuspicious)
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
