using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Engines;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>
/// The databases of one source: those that were found last, and the records of all that are known, new, dropped,
/// renamed, missing, unreadable. A source that
/// is another one than was known by its name changes none of them.
/// </summary>
/// <param name="attached">The source.</param>
/// <param name="records">The records of all databases.</param>
/// <param name="identities">What is known of each source, by its name.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of what cannot be stored.</param>
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

    // Guards what follows, and that records are changed only while it is open. Held while Changed is told; never while
    // the source is called.
    private readonly Lock _gate = new();
    private SourceInfo? _rejected;
    private bool _isClosed;

    /// <summary>Told of each database whose record changed. Must not block.</summary>
    public event Action<DatabaseRecord>? Changed;

    /// <summary>Databases that are missing, as their records say.</summary>
    public int Missing => records.GetOwn(attached.Name).Count(r => r is { Dropped: null, MissingSince: not null });

    /// <summary>A database as it was found last; null where it is not there.</summary>
    public DiscoveredDatabase? Find(string name) => _found.GetValueOrDefault(name);

    /// <summary>Returns the records of its databases as this node sees them, by name, including dropped ones.</summary>
    public Dictionary<string, DatabaseRecord> GetKnownRecords() =>
        records.GetOwn(attached.Name).ToDictionary(r => r.Id.Name, StringComparer.Ordinal);

    /// <summary>Why a database is not there.</summary>
    public HoldfastException ExplainAbsence(string name, SourceStatus status)
    {
        var id = new DatabaseId(attached.Name, name);
        if (records.Find(id.ToString()) is { Dropped: null } known)
        {
            if (status.Problem is { } problem)
            {
                return new(ErrorCatalogue.Find(problem.Code), problem.Message, problem.Hint);
            }
            if (known.MissingSince is not null)
            {
                return new(
                    ErrorCatalogue.SourceShrunk,
                    $"Database '{id}' is missing: its source has lost many databases within a day.",
                    $"Bring them back, or confirm that they are gone: holdfast source confirm {attached.Name}"
                );
            }
            if (status.CompletedAt is null)
            {
                return new(
                    ErrorCatalogue.SourceSilent,
                    $"Source '{attached.Name}' has not been looked at since the server started.",
                    "It does not answer: check the server, or the mount."
                );
            }
        }

        return new(ErrorCatalogue.NotFound, $"Database '{id}' is not there.", "It was dropped or renamed.");
    }

    /// <summary>Throws where the source was found to be another one, and nobody has confirmed that.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceIdentity"/>.</exception>
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

    /// <summary>Why a source that says this of itself is not used; null where it is the one that is known.</summary>
    public HoldfastException? FindIdentityMismatch(SourceInfo info) =>
        identities.Check(attached.Name, info) switch
        {
            SourceIdentityMatch.Mismatch => identities.CreateMismatchException(attached.Name, info),
            SourceIdentityMatch.IdentityLost when !identities.IsAtKnownLocation(attached.Name, info.Location) =>
                identities.CreateMismatchException(attached.Name, info),
            _ => null,
        };

    /// <summary>What answers is not what was known: from now on nothing of it is backed up.</summary>
    /// <returns>Why.</returns>
    public HoldfastException RejectIdentity(SourceInfo info)
    {
        lock (_gate)
        {
            _rejected = info;
            _found.Clear();
        }

        return identities.CreateMismatchException(attached.Name, info);
    }

    /// <summary>Takes what a look has found. Changes nothing once it is closed.</summary>
    /// <returns>How many databases are missing.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceIdentity"/>: it is not the source that is known.</exception>
    public int Apply(IReadOnlyDictionary<string, DiscoveredDatabase> found, SourceIdentityMatch verdict, SourceInfo info)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return 0;
            }
            var changes = DatabaseRecordChanges.Compute(attached, GetKnownRecords(), found, time.GetUtcNow());
            // A directory without its id file, and at another place, is a copy or a new disk; one that is emptied has shrunk.
            if (
                verdict == SourceIdentityMatch.IdentityLost
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

    /// <summary>Takes the source as it is: another identity is the right one, and databases that are missing were dropped.</summary>
    /// <param name="identity">The identity that it had when it was looked at last; null for none.</param>
    /// <param name="place">Where it lay then; null where its engine has no such thing.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotAllowed"/>, where nothing waits for that.</exception>
    public void Confirm(string? identity, string? place)
    {
        lock (_gate)
        {
            var missing = GetKnownRecords().Values.Where(r => r is { Dropped: null, MissingSince: not null }).ToList();
            if (_rejected is null && missing.Count == 0)
            {
                throw new HoldfastException(
                    ErrorCatalogue.NotAllowed,
                    $"Nothing of source '{attached.Name}' waits to be confirmed.",
                    "GET /api/v1/sources tells how the sources are."
                );
            }
            if (_rejected is { } info)
            {
                identities.Adopt(attached.Name, info.Identity, info.Location);
            }
            else if (identity is null && identities.IsAtKnownLocation(attached.Name, place))
            {
                identities.Forget(attached.Name); // an emptied directory has no id file: what comes there next is taken for it
            }
            // At another place lies another directory, as below a mount point: that is the next question.
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
    /// Takes the source as it is for the one of its name. Changes nothing once it is closed: what was forgotten with a
    /// source that was detached stays so.
    /// </summary>
    public void Adopt(string? identity, string? place)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                identities.Adopt(attached.Name, identity, place);
            }
        }
    }

    /// <summary>Changes no record any more from when this returns.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    // One that no store takes stops no other.
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

    [LoggerMessage(EventId = 5204, Level = LogLevel.Error, Message = "The record of database {Database} cannot be stored; the others are")]
    private partial void LogNotStored(Exception exception, string database);
}
