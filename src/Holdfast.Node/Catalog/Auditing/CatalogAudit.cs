using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Chains;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// Holds what lies at the destinations against the catalog, by names and lengths: each database once a day, one after
/// the other. What is missing or damaged
/// at one destination and whole at another is copied. A destination that cannot be opened, as one that is not the one
/// that was defined, is not audited.
/// </summary>
public sealed partial class CatalogAudit
{
    /// <summary>How often each database is audited.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    /// <summary>Time after which a database is audited again that could not be at one destination.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromHours(1);

    /// <summary>How often it is looked for those whose time has come; a node that starts audits after the first of these.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ICatalog _catalog;
    private readonly ChainVerificationHistory _checks;
    private readonly DestinationRegistry _destinations;
    private readonly RecordedDatabases _databases;
    private readonly OperationQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger<CatalogAudit> _logger;
    private readonly ConcurrentDictionary<DatabaseId, DateTimeOffset> _audited = new();

    /// <summary>Makes it.</summary>
    /// <param name="catalog">What is known.</param>
    /// <param name="checks">What an earlier version knew of verified chains.</param>
    /// <param name="destinations">The destinations.</param>
    /// <param name="databases">
    /// The databases that the state knows, with their newest archives; those of the catalog are audited too.
    /// </param>
    /// <param name="queue">Keeps backups and deletions of a chain away while it is healed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told what is healed, and what cannot be.</param>
    public CatalogAudit(
        ICatalog catalog,
        ChainVerificationHistory checks,
        DestinationRegistry destinations,
        RecordedDatabases databases,
        OperationQueue queue,
        TimeProvider time,
        ILogger<CatalogAudit> logger
    )
    {
        (_catalog, _checks, _destinations, _time, _logger) = (catalog, checks, destinations, time, logger);
        (_databases, _queue) = (databases, queue);
    }

    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="loop">Told of each database.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            loop.CompleteIteration();
            foreach (var database in _databases.All.Concat(_catalog.Databases()).Distinct().Where(IsDue).ToList())
            {
                await AuditAsync(database, cancellationToken);
                loop.CompleteIteration();
                await Task.Delay(Pause, _time, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Audits one database at every destination now, and heals what can be. One that could not be audited everywhere is
    /// again after <see cref="RetryInterval"/>.
    /// </summary>
    public async Task AuditAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        _audited[database] = now - Interval + RetryInterval; // whatever is thrown from here on
        foreach (var head in _databases.HeadsOf(database))
        {
            await head.EnsureRecordedAsync(_catalog); // before the listings
        }
        var listed = new Dictionary<string, IDestination>(StringComparer.Ordinal);
        try
        {
            var names = _destinations.Items.Select(i => i.Key).ToList();
            foreach (var name in names)
            {
                await ListAndCompareAsync(name, database, listed, cancellationToken);
            }
            var troubled = _catalog.ChainsOf(database).Where(c => c.Entries.Any(e => e.Copies.Any(o => o.State != CopyState.Whole)));
            foreach (var chain in troubled.ToList())
            {
                await HealExclusivelyAsync(chain, listed, cancellationToken);
            }
            if (listed.Count == names.Count)
            {
                _audited[database] = now;
            }
        }
        finally
        {
            foreach (var opened in listed.Values)
            {
                await opened.DisposeAsync();
            }
        }
    }

    /// <summary>Compares one database at one destination, and notes what is other than the catalog says. Nothing is healed.</summary>
    /// <exception cref="HoldfastException">The destination cannot be listed, or the catalog not be written.</exception>
    public async Task CompareAsync(string destination, DatabaseId database, CancellationToken cancellationToken)
    {
        await using var opened = await _destinations.OpenAsync(destination, cancellationToken);
        await CompareAsync(destination, opened, database, cancellationToken);
    }

    /// <summary>
    /// What the catalog knows of a database, to be read before it is listed; nothing where the catalog cannot be read,
    /// which is an alert of its own.
    /// </summary>
    public IReadOnlyList<CatalogChain> GetKnownChains(DatabaseId database)
    {
        try
        {
            return _catalog.ChainsOf(database);
        }
        catch (HoldfastException)
        {
            return [];
        }
    }

    /// <summary>
    /// Notes which of the archives that the catalog knows were missing when somebody listed a database at one
    /// destination: nobody may be told that backups
    /// are gone while the database counts as protected. What the catalog does not know is left to the audit.
    /// </summary>
    /// <param name="database">The database.</param>
    /// <param name="known">What <see cref="GetKnownChains"/> said before it was listed.</param>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="listed">The database's chains there.</param>
    public async Task RecordMissingAsync(
        DatabaseId database,
        IReadOnlyList<CatalogChain> known,
        string destination,
        IDestination opened,
        IReadOnlyList<StoredChain> listed
    )
    {
        var now = _time.GetUtcNow();
        foreach (var chain in known)
        {
            var archives = listed.FirstOrDefault(c => c.Path == chain.Path)?.Archives ?? [];
            var missing = ListingComparer
                .Compare(chain, chain.Path, archives, destination, now, opened.Identity)
                .Where(f => f.Archive is null && f.State != CopyState.Whole)
                .ToList();
            if (missing.Count == 0)
            {
                continue;
            }
            try
            {
                await _catalog.RecordFindingsAsync(database, chain.Task, missing);
            }
            catch (HoldfastException)
            {
                return; // whoever lists is told what is there all the same; that the catalog cannot be written is an alert of its own
            }
        }
    }

    private async Task ListAndCompareAsync(
        string name,
        DatabaseId database,
        Dictionary<string, IDestination> listed,
        CancellationToken cancellationToken
    )
    {
        IDestination? opened = null;
        try
        {
            opened = await _destinations.OpenAsync(name, cancellationToken);
            await CompareAsync(name, opened, database, cancellationToken);
            listed[name] = opened;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The others are audited all the same.
            LogNotAudited(name, database, e.Message);
            if (opened is not null)
            {
                await opened.DisposeAsync();
            }
        }
    }

    private async Task CompareAsync(string destination, IDestination opened, DatabaseId database, CancellationToken cancellationToken)
    {
        var known = _catalog.ChainsOf(database); // before the listing: see ListingComparer
        var chains = new List<StoredChain>();
        await foreach (var chain in DatabaseFolder.Of(opened, database).ListChainsAsync(cancellationToken))
        {
            if (chain.Archives.Count > 0)
            {
                chains.Add(chain);
            }
        }

        var now = _time.GetUtcNow();
        foreach (var chain in chains)
        {
            var findings = ListingComparer.Compare(
                known.FirstOrDefault(k => k.Path == chain.Path),
                chain.Path,
                chain.Archives,
                destination,
                now,
                opened.Identity
            );
            await _catalog.RecordFindingsAsync(database, chain.Name.Task, findings);
            await _checks.MigrateAsync(destination, database, chain);
        }

        var there = chains.Select(c => c.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in known.Where(k => !there.Contains(k.Path)))
        {
            await _catalog.RecordFindingsAsync(
                database,
                gone.Task,
                ListingComparer.Compare(gone, gone.Path, [], destination, now, opened.Identity)
            );
        }
    }

    private bool IsDue(DatabaseId database) => !_audited.TryGetValue(database, out var at) || _time.GetUtcNow() - at >= Interval;

    // A backup that waits or runs heals its chain itself.
    private async Task HealExclusivelyAsync(
        CatalogChain chain,
        Dictionary<string, IDestination> listed,
        CancellationToken cancellationToken
    )
    {
        var key = BackupJob.KeyOf(chain.Task, chain.Database);
        if (_queue.IsLocked(key))
        {
            return;
        }
        try
        {
            await _queue.RunExclusivelyAsync(
                key,
                [.. listed.Keys],
                async token =>
                {
                    // As it is now: since it was compared it may have been extended, or deleted.
                    if (_catalog.Find(chain.Path) is { } now)
                    {
                        await HealAsync(now, listed, token);
                    }
                    return true;
                },
                cancellationToken
            );
        }
        catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
        {
            LogChainNotHealed(chain.Path, e.Message);
        }
    }

    // Only what was there once, and what no operator has let go: a destination may have been taken out of the task.
    private async Task HealAsync(CatalogChain chain, Dictionary<string, IDestination> listed, CancellationToken cancellationToken)
    {
        var name = ChainName.TryParse(chain.Path[(chain.Path.LastIndexOf('/') + 1)..])!;
        var held = new List<ChainReplica>();
        foreach (var (destination, opened) in listed)
        {
            var there = await DatabaseFolder.ReadChainAsync(opened, chain.Path, name, cancellationToken);
            held.Add(new(new(held.Count, opened), destination, there, chain, []));
        }

        var healed = new List<CopyFinding>();
        foreach (var to in held)
        {
            var names = chain
                .Entries.Where(e => e.CopyAt(to.Name) is { State: not CopyState.Whole, IsAcknowledged: false })
                .Select(e => e.Archive.Name)
                .ToList();
            foreach (var archive in names.Where(n => held.Exists(h => h != to && h.IsRestorable(n))))
            {
                var path = $"{chain.Path}/{archive}";
                try
                {
                    await ChainRepair.RepairAsync(to, held, [archive], chain, _time.GetUtcNow(), healed, cancellationToken);
                    LogHealed(path, to.Name);
                }
                catch (HoldfastException e)
                {
                    LogNotHealed(path, to.Name, e.Message);
                }
            }
        }

        await _catalog.RecordFindingsAsync(chain.Database, chain.Task, healed);
    }

    [LoggerMessage(
        EventId = 5111,
        Level = LogLevel.Warning,
        Message = "Destination {Destination} cannot be audited for {Database}: {Reason}"
    )]
    private partial void LogNotAudited(string destination, DatabaseId database, string reason);

    [LoggerMessage(EventId = 5112, Level = LogLevel.Information, Message = "Archive {Path} was healed at {Destination}")]
    private partial void LogHealed(string path, string destination);

    [LoggerMessage(EventId = 5114, Level = LogLevel.Warning, Message = "Chain {Path} cannot be healed: {Reason}")]
    private partial void LogChainNotHealed(string path, string reason);

    [LoggerMessage(EventId = 5113, Level = LogLevel.Warning, Message = "Archive {Path} cannot be healed at {Destination}: {Reason}")]
    private partial void LogNotHealed(string path, string destination, string reason);
}
