using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>
/// The databases of one source: those that the last discovery found, and the records of all that are known, including dropped, renamed,
/// missing and unreadable ones. A source that is not the known one of its name changes none of them.
/// </summary>
/// <param name="attached">The source.</param>
/// <param name="records">The records of all databases.</param>
/// <param name="identities">The known identities of sources.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SourceDatabases(
    AttachedSource attached,
    DatabaseRecords records,
    SourceIdentities identities,
    TimeProvider time,
    ILogger logger
)
{
    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<string, DiscoveredDatabase> _found = new(StringComparer.Ordinal);

    // Guards the fields below, and makes sure that records change only until Close returns. Held while Changed is raised (handlers must not
    // block); never while the source is called. Taken after the registry's lock and before those of the state.
    private readonly Lock _gate = new();
    private SourceInfo? _rejected;
    private bool _isClosed;

    /// <summary>Raised for each database whose record changed, with the lock held. Must not block.</summary>
    public event Action<DatabaseRecord>? Changed;

    /// <summary>Number of databases that are missing on this node.</summary>
    public int Missing => records.GetOwn(attached.Name).Count(r => r is { Dropped: null, MissingSince: not null });

    /// <summary>A database as the last discovery found it; null if it did not.</summary>
    public DiscoveredDatabase? Find(string name) => _found.GetValueOrDefault(name);

    /// <summary>Returns the records of its databases as this node sees them, by name, including dropped ones.</summary>
    public Dictionary<string, DatabaseRecord> GetKnownRecords() =>
        records.GetOwn(attached.Name).ToDictionary(r => r.Id.Name, StringComparer.Ordinal);

    /// <summary>Creates the exception that says why a database was not found.</summary>
    public HoldfastException ExplainAbsence(string name, SourceStatus status)
    {
        var id = new DatabaseId(attached.Name, name);
        if (records.Find(id.ToString()) is { Dropped: null } known)
        {
            if (status.Problem is { } problem)
            {
                return new(ErrorCatalog.Find(problem.Code), problem.Message, problem.Hint);
            }
            if (known.MissingSince is not null)
            {
                return new(
                    ErrorCatalog.SourceShrunk,
                    $"Database '{id}' is missing: its source has lost many databases within a day.",
                    $"Restore them, or confirm that they were dropped: holdfast source confirm {attached.Name}"
                );
            }
            if (status.CompletedAt is null)
            {
                return new(
                    ErrorCatalog.SourceSilent,
                    $"Source '{attached.Name}' has not been discovered since the server started: it does not answer.",
                    "Check the database server, or the mount."
                );
            }
        }

        return new(ErrorCatalog.NotFound, $"Database '{id}' does not exist.", "It was dropped or renamed.");
    }

    /// <summary>Throws if the source is not the known one of its name, and no operator has confirmed it.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.SourceIdentity"/>.</exception>
    public void ThrowIfIdentityRejected()
    {
        lock (_gate)
        {
            if (_rejected is { } info)
            {
                throw identities.CreateMismatchException(attached.Name, info);
            }
        }
    }

    /// <summary>Why a source with this description is not used; null if it is the known one.</summary>
    public HoldfastException? FindIdentityMismatch(SourceInfo info) =>
        identities.Check(attached.Name, info) switch
        {
            SourceIdentityMatch.Mismatch => identities.CreateMismatchException(attached.Name, info),
            SourceIdentityMatch.IdentityLost when !identities.IsAtKnownLocation(attached.Name, info.Location) =>
                identities.CreateMismatchException(attached.Name, info),
            _ => null,
        };

    /// <summary>Rejects the source because it is not the known one: from now on its databases cannot be backed up.</summary>
    /// <returns>The exception that says why.</returns>
    public HoldfastException RejectIdentity(SourceInfo info)
    {
        lock (_gate)
        {
            _rejected = info;
            _found.Clear();
        }

        return identities.CreateMismatchException(attached.Name, info);
    }

    /// <summary>Applies the result of a discovery. Changes nothing after <see cref="Close"/>.</summary>
    /// <returns>Number of missing databases.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.SourceIdentity"/> if it is not the known source.</exception>
    public int Apply(IReadOnlyDictionary<string, DiscoveredDatabase> found, SourceIdentityMatch match, SourceInfo info)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return 0;
            }
            var changes = DatabaseRecordChanges.Compute(attached, GetKnownRecords(), found, time.GetUtcNow());
            // A directory without its id file at another location is a copy or a new disk. An emptied one has lost its databases.
            if (
                match == SourceIdentityMatch.IdentityLost
                && changes.Missing == 0
                && !identities.IsAtKnownLocation(attached.Name, info.Location)
            )
            {
                throw RejectIdentity(info);
            }
            _rejected = null;
            foreach (var name in _found.Keys.Where(n => !found.ContainsKey(n)))
            {
                _found.TryRemove(name, out _);
            }
            foreach (var (name, database) in found)
            {
                _found[name] = database;
            }
            foreach (var record in changes.Records)
            {
                Set(record);
            }
            return changes.Missing;
        }
    }

    /// <summary>Accepts the source as it is: its identity is the right one, and missing databases were dropped.</summary>
    /// <param name="identity">Its identity at the last discovery; null if it had none.</param>
    /// <param name="location">Its location at the last discovery; null if its engine has none.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotAllowed"/> if there is nothing to confirm.</exception>
    public void Confirm(string? identity, string? location)
    {
        lock (_gate)
        {
            var missing = GetKnownRecords().Values.Where(r => r is { Dropped: null, MissingSince: not null }).ToList();
            if (_rejected is null && missing.Count == 0)
            {
                throw new HoldfastException(
                    ErrorCatalog.NotAllowed,
                    $"There is nothing to confirm for source '{attached.Name}'.",
                    "The states of all sources: holdfast source list"
                );
            }
            if (_rejected is { } info)
            {
                identities.Adopt(attached.Name, info.Identity, info.Location);
            }
            else if (identity is null && identities.IsAtKnownLocation(attached.Name, location))
            {
                identities.Forget(attached.Name); // an emptied directory has no id file: accept what appears there next
            }
            // At another location it is another directory, for example the one below a mount point: the next discovery rejects it.
            _rejected = null;
            foreach (var record in missing)
            {
                Set(record with { Dropped = time.GetUtcNow(), MissingSince = null, IsDropConfirmed = true });
            }
            foreach (var record in GetKnownRecords().Values.Where(r => r is { Dropped: not null, IsDropConfirmed: false }))
            {
                Set(record with { IsDropConfirmed = true });
            }
        }
    }

    /// <summary>
    /// Accepts the source as the one of its name. Changes nothing after <see cref="Close"/>: the record of a detached source is not created
    /// again.
    /// </summary>
    public void Adopt(string? identity, string? location)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                identities.Adopt(attached.Name, identity, location);
            }
        }
    }

    /// <summary>When it returns, no record is changed any longer.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    // A record that the store cannot accept must not prevent others from being stored. Called with the lock held.
    private void Set(DatabaseRecord record)
    {
        try
        {
            records.Set(record);
        }
        catch (ArgumentException e)
        {
            LogNotStored(e, record.Id.ToString());
            return;
        }

        Subscribers.Notify(Changed, record);
    }

    [LoggerMessage(EventId = 5204, Level = LogLevel.Error, Message = "The record of database {Database} cannot be stored")]
    private partial void LogNotStored(Exception exception, string database);
}
