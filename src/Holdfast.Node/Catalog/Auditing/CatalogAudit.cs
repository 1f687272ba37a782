using System.Collections.Concurrent;
using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Chains;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Jobs;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// Compares the destinations with the catalog, by names and lengths: each destination once a day as a whole, and then each database that
/// differs on its own. Archives that are missing or damaged at one destination and intact at another are copied; for the chains of tasks
/// with several destinations, a repair does that. A destination that cannot be opened, for example because it has another identity, is
/// not audited.
/// </summary>
public sealed partial class CatalogAudit
{
    /// <summary>How often each database is audited.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    /// <summary>How soon a database is audited again if a destination could not be audited.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromHours(1);

    /// <summary>Time between two searches for due databases; a node starts auditing after the first one.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ICatalog _catalog;
    private readonly FolderComparison _comparison;
    private readonly ChainVerificationHistory _checks;
    private readonly RecordedDatabases _databases;
    private readonly OperationQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger<CatalogAudit> _logger;
    private readonly ConcurrentDictionary<DatabaseId, DateTimeOffset> _audited = new();
    private readonly DestinationAudit _whole;

    /// <summary>Creates the audit.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="checks">Results of chain verifications that an earlier version stored.</param>
    /// <param name="databases">
    /// The databases that the state knows, with their newest archives; those of the catalog are audited too.
    /// </param>
    /// <param name="whole">Compares destinations as a whole.</param>
    /// <param name="queue">Prevents backups and deletions of a chain while it is repaired.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs what is repaired, and what cannot be.</param>
    public CatalogAudit(
        ICatalog catalog,
        ChainVerificationHistory checks,
        RecordedDatabases databases,
        DestinationAudit whole,
        OperationQueue queue,
        TimeProvider time,
        ILogger<CatalogAudit> logger
    )
    {
        (_catalog, _checks, _time, _logger) = (catalog, checks, time, logger);
        (_databases, _whole, _queue) = (databases, whole, queue);
        _comparison = new(catalog, time);
    }

    /// <summary>The files at each destination that Holdfast has not written, as of its last comparison as a whole.</summary>
    public IReadOnlyList<ForeignFilesAlertInput> ForeignFiles => _whole.ForeignFiles;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="loop">Notified of each audited database.</param>
    /// <param name="cancellationToken">Stops the loop.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            loop.CompleteIteration();
            await CompareDestinationsAsync(loop.CompleteIteration, cancellationToken);
            foreach (var database in _databases.All.Concat(_catalog.Databases()).Distinct().Where(IsDue).ToList())
            {
                await AuditAsync(database, _whole.IsSame, cancellationToken);
                loop.CompleteIteration();
                await Task.Delay(Pause, _time, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Audits one database at every destination now, and repairs what can be repaired. If a destination could not be audited, the
    /// database is due again after <see cref="RetryInterval"/>.
    /// </summary>
    public Task AuditAsync(DatabaseId database, CancellationToken cancellationToken) =>
        AuditAsync(database, (_, _, _) => false, cancellationToken);

    /// <inheritdoc cref="DestinationAudit.CompareAsync"/>
    public Task CompareDestinationsAsync(Action compared, CancellationToken cancellationToken) =>
        _whole.CompareAsync(compared, cancellationToken);

    private async Task AuditAsync(DatabaseId database, Func<string, string?, DatabaseId, bool> isSame, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        _audited[database] = now - Interval + RetryInterval; // whatever is thrown below
        foreach (var head in _databases.HeadsOf(database))
        {
            await head.EnsureRecordedAsync(_catalog); // before the listings
        }
        var listed = new Dictionary<string, IDestination>(StringComparer.Ordinal);
        try
        {
            var names = _whole.Destinations.Items.Select(i => i.Key).ToList();
            foreach (var name in names)
            {
                await ListAndCompareAsync(name, database, isSame, listed, cancellationToken);
            }
            // A repair copies what the chain of a task lacks. The others are those of one-time backups and of deleted tasks.
            var troubled = _catalog
                .ChainsOf(database)
                .Where(c => !_databases.IsRepaired(c) && c.Entries.Any(e => e.Copies.Any(o => o.State != CopyState.Whole)));
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

    /// <summary>Compares one database at one destination with the catalog and records the differences. Repairs nothing.</summary>
    /// <exception cref="HoldfastException">The destination cannot be listed, or the catalog cannot be written.</exception>
    public async Task CompareAsync(string destination, DatabaseId database, CancellationToken cancellationToken)
    {
        await using var opened = await _whole.Destinations.OpenAsync(destination, cancellationToken);
        await CompareAsync(destination, opened, database, cancellationToken);
    }

    /// <summary>Whether a part of a chain has been deleted at a destination as intended, so that the rest is not worth reading.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="path">Path of the chain's folder there.</param>
    /// <param name="chain">The chain, as listed.</param>
    public bool IsPartlyDeleted(string destination, string path, StoredChain chain) =>
        _databases.Expiry.HasBegun(destination, path)
        || (!chain.HasFull && _databases.Expiry.IsExpiring(destination, path, chain.NewestTime));

    /// <summary>
    /// Returns the chains of a database in the catalog. Call it before listing the database. Empty if the catalog cannot be read,
    /// which raises an alert of its own.
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
    /// Records which archives of the catalog are missing from a listing of a database at one destination: a user must not learn
    /// that backups are gone while the database still counts as protected. Archives that the catalog does not know are left to the
    /// audit.
    /// </summary>
    /// <param name="database">The database.</param>
    /// <param name="known">The result of <see cref="GetKnownChains"/> before the listing.</param>
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
        try
        {
            var isAnyMissing = false;
            foreach (var chain in known)
            {
                var archives = listed.FirstOrDefault(c => c.Path == chain.Path)?.Archives ?? [];
                var missing = ListingComparer
                    .Compare(chain, chain.Path, archives, destination, now, opened.Identity)
                    .Where(f => f.Archive is null && f.State != CopyState.Whole)
                    .ToList();
                if (missing.Count > 0)
                {
                    await _catalog.RecordFindingsAsync(database, chain.Task, missing);
                    isAnyMissing = true;
                }
            }
            if (isAnyMissing)
            {
                await _databases.Expiry.ForgetMissingAsync(destination, database);
            }
        }
        catch (HoldfastException)
        {
            // The caller still gets the listing; a catalog that cannot be written raises an alert of its own.
        }
    }

    private async Task ListAndCompareAsync(
        string name,
        DatabaseId database,
        Func<string, string?, DatabaseId, bool> isSame,
        Dictionary<string, IDestination> listed,
        CancellationToken cancellationToken
    )
    {
        IDestination? opened = null;
        try
        {
            opened = await _whole.Destinations.OpenAsync(name, cancellationToken);
            if (!isSame(name, opened.Identity, database))
            {
                await CompareAsync(name, opened, database, cancellationToken);
            }
            listed[name] = opened;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The other databases are audited anyway.
            LogNotAudited(name, database, e.Message);
            if (opened is not null)
            {
                await opened.DisposeAsync();
            }
        }
    }

    private async Task CompareAsync(string destination, IDestination opened, DatabaseId database, CancellationToken cancellationToken)
    {
        var chains = await _comparison.ListAndRecordAsync(new(destination, opened.Identity), opened, database, [], cancellationToken);
        foreach (var chain in chains)
        {
            // At a local destination the next backup does it.
            if (opened.Capabilities.IsRemote && chain.Leftovers.Count > 0)
            {
                await LeftoverCleaner.RemoveAsync(opened, chain, cancellationToken);
            }
            if (chain.Archives.Count > 0)
            {
                await _checks.MigrateAsync(destination, database, chain);
            }
        }
        await _databases.Expiry.ForgetMissingAsync(destination, database);
    }

    private bool IsDue(DatabaseId database) => !_audited.TryGetValue(database, out var at) || _time.GetUtcNow() - at >= Interval;

    // A queued or running backup repairs its chain itself.
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
                    // The current state: since the comparison the chain may have been extended or deleted.
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

    // Only what existed there once and no operator has given up: a destination may have been removed from the task.
    private async Task HealAsync(CatalogChain chain, Dictionary<string, IDestination> listed, CancellationToken cancellationToken)
    {
        var name = ChainName.TryParse(chain.Path[(chain.Path.LastIndexOf('/') + 1)..])!;
        var replicas = new List<ChainReplica>();
        foreach (var (destination, opened) in listed)
        {
            var there = await DatabaseFolder.ReadChainAsync(opened, chain.Path, name, cancellationToken);
            replicas.Add(new(new(replicas.Count, opened), destination, there, chain, []));
        }

        var healed = new List<CopyFinding>();
        foreach (var to in replicas)
        {
            var names = chain
                .Entries.Where(e => e.CopyAt(to.Name) is { State: not CopyState.Whole, IsAcknowledged: false })
                .Select(e => e.Archive.Name)
                .ToList();
            foreach (var archive in names.Where(n => replicas.Exists(h => h != to && h.IsRestorable(n))))
            {
                var path = $"{chain.Path}/{archive}";
                try
                {
                    await ChainRepair.RepairAsync(to, replicas, [archive], chain, _time.GetUtcNow(), healed, cancellationToken);
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

    [LoggerMessage(EventId = 5112, Level = LogLevel.Information, Message = "Archive {Path} was repaired at {Destination}")]
    private partial void LogHealed(string path, string destination);

    [LoggerMessage(EventId = 5114, Level = LogLevel.Warning, Message = "Chain {Path} cannot be repaired: {Reason}")]
    private partial void LogChainNotHealed(string path, string reason);

    [LoggerMessage(EventId = 5113, Level = LogLevel.Warning, Message = "Archive {Path} cannot be repaired at {Destination}: {Reason}")]
    private partial void LogNotHealed(string path, string destination, string reason);
}
