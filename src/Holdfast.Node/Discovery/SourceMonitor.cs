using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Engines;
using Holdfast.State;

namespace Holdfast.Node.Discovery;

/// <summary>Looks at one source again and again, and keeps the records of its databases: new, dropped, renamed, unreadable. A source that is down changes none of them.</summary>
/// <param name="attached">The source.</param>
/// <param name="records">The records of all databases.</param>
/// <param name="time">The clock.</param>
public sealed class SourceMonitor(AttachedSource attached, StateRecords<DatabaseRecord> records, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, DiscoveredDatabase> _found = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _looking = new(1);

    /// <summary>Told of each database whose record changed. Must not block.</summary>
    public event Action<DatabaseRecord>? Changed;

    /// <summary>Told when the source went down or came back. Must not block.</summary>
    public event Action? StatusChanged;

    /// <summary>The source.</summary>
    public AttachedSource Attached => attached;

    /// <summary>What the last look came to.</summary>
    public SourceStatus Status { get; private set; } = new(null, 0, null);

    /// <summary>A database as it was found last; null where it is not there.</summary>
    public DiscoveredDatabase? Find(string name) => _found.GetValueOrDefault(name);

    /// <summary>Looks now, and returns when the records show what was found.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken);
        try
        {
            var found = new Dictionary<string, DiscoveredDatabase>(StringComparer.Ordinal);
            await foreach (var database in attached.Source.DiscoverAsync(cancellationToken)) found[database.Name] = database;
            Apply(found);
            SetStatus(new(time.GetUtcNow(), found.Count, null));
        }
        catch (HoldfastException e)
        {
            SetStatus(Status with { At = time.GetUtcNow(), Problem = OperationError.Of(e) });
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _looking.Dispose();

    private void SetStatus(SourceStatus status)
    {
        var (before, _) = (Status, Status = status);
        if (before.Problem != status.Problem) StatusChanged?.Invoke();
    }

    private void Apply(Dictionary<string, DiscoveredDatabase> found)
    {
        var now = time.GetUtcNow();
        var came = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, database) in found)
        {
            _found[name] = database;
            var before = records.Find(new DatabaseId(attached.Name, name).ToString());
            var record = Record(database, before, now);
            if (before is null or { Dropped: not null } && database.Identity is { } identity) came.TryAdd(identity, name);
            if (record != before) Set(record);
        }

        foreach (var record in records.Items.Select(r => r.Value).Where(r => r.Id.Source == attached.Name && r.Dropped is null && !found.ContainsKey(r.Id.Name)).ToList())
        {
            _found.TryRemove(record.Id.Name, out _);
            var renamed = record.Identity is { } identity && came.TryGetValue(identity, out var name) ? new DatabaseId(attached.Name, name) : null;
            Set(record with { Dropped = now, RenamedTo = renamed });
        }
    }

    private DatabaseRecord Record(DiscoveredDatabase database, DatabaseRecord? before, DateTimeOffset now)
    {
        var problem = database.Problem is null ? null : OperationError.Of(database.Problem);
        var encryption = database.Encryption.ToString();
        // The size alone is no news: it is told from what was found, and stored when something else is.
        var isSame = before is { Dropped: null } && before.Encryption == encryption && before.Identity == database.Identity && before.Problem == problem;
        return isSame ? before! : new()
        {
            Id = new(attached.Name, database.Name),
            Engine = attached.Engine,
            FirstSeen = before?.FirstSeen ?? now,
            SizeBytes = database.SizeBytes,
            Encryption = encryption,
            Identity = database.Identity,
            Problem = problem,
        };
    }

    private void Set(DatabaseRecord record)
    {
        records.Set(record.Id.ToString(), record);
        Changed?.Invoke(record);
    }
}
