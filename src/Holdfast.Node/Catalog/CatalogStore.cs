using System.Threading.Channels;
using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Protection;
using Holdfast.Node.Retention;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Catalog;

/// <summary>
/// The catalog in a SQLite file of the node's data folder. Changes that arrive together share one transaction and one flush. If the
/// file is missing or damaged, the catalog is recreated. No backup is lost by that, because archives are found at the destinations.
/// </summary>
public sealed partial class CatalogStore : ICatalog
{
    private const int MaxBatchSize = 1000;

    // After a failure, how often to test whether the file is writable again.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    private readonly ILogger<CatalogStore> _logger;
    private readonly string? _path;
    private readonly TimeProvider _time;
    private readonly TrustedClockMonitor? _clock;
    private readonly Channel<Request> _requests = Channel.CreateUnbounded<Request>(new() { SingleReader = true });

    // Guards _write and _identities; held during a commit. Changed is raised and callers are notified after it is released.
    private readonly Lock _writing = new();
    private readonly Dictionary<string, string> _identities = new(StringComparer.Ordinal);

    // Guards _read. In memory both are one connection, which _writing guards. Lock order: _writing, then _reading.
    private readonly Lock _reading = new();
    private readonly Task _loop;
    private int _isDisposed;
    private CatalogFile _write;
    private CatalogFile? _read;
    private volatile HoldfastException? _unusable;
    private volatile bool _isFileMissing; // written by CheckFile alone
    private volatile CatalogProblems _problems = CatalogProblems.None;

    private CatalogStore(string? path, CatalogFile write, ILogger<CatalogStore> logger, TimeProvider time, TrustedClockMonitor? clock)
    {
        (_path, _write, _logger, _time, _clock) = (path, write, logger, time, clock);
        if (path is not null)
        {
            _read = CatalogFile.OpenToRead(path);
        }
        Folders = new(this);
        RefreshProblems(_write.DatabasesWithProblems());
        _loop = Task.Run(RunAsync);
    }

    private sealed record Request(Func<CatalogFile, IReadOnlyList<string>> Write, TaskCompletionSource Done);

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public HoldfastException? Problem { get; private set; }

    /// <inheritdoc/>
    public KnownFolders Folders { get; }

    /// <inheritdoc/>
    public string? DamagedFile =>
        _path is not null && File.Exists(CatalogRecovery.DamagedFilePath(_path)) ? CatalogRecovery.DamagedFilePath(_path) : null;

    /// <inheritdoc/>
    public string? LostMarker =>
        _path is not null && File.Exists(CatalogRecovery.LostMarkerPath(_path)) ? CatalogRecovery.LostMarkerPath(_path) : null;

    /// <inheritdoc/>
    public IReadOnlyList<ArchiveAlertInput> CopyProblems => [.. _problems.Copies];

    /// <summary>
    /// Opens the catalog. Never fails: if the file cannot be used at all, the catalog is kept in memory and <see cref="Problem"/>
    /// says why.
    /// </summary>
    /// <param name="path">Path of the file; null to use memory only.</param>
    /// <param name="logger">Logs that the catalog was recreated.</param>
    /// <param name="time">The clock.</param>
    /// <param name="clock">
    /// The trusted clock that names are checked against: chains ahead of it are not the newest. Null to use <paramref
    /// name="time"/>.
    /// </param>
    public static CatalogStore Open(string? path, ILogger<CatalogStore> logger, TimeProvider time, TrustedClockMonitor? clock = null)
    {
        if (path is null)
        {
            return new(null, CatalogFile.Open(null), logger, time, clock);
        }
        try
        {
            if (!File.Exists(path))
            {
                // Before the file, so that a crash in between does not hide the loss.
                File.WriteAllBytes(CatalogRecovery.LostMarkerPath(path), []);
                LogNew(logger, path);
            }

            return new(path, CatalogFile.Open(path), logger, time, clock);
        }
        catch (SqliteException e) when (CatalogRecovery.IsDamage(e))
        {
            LogRecreated(logger, e, path);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            return CreateInMemory(path, e, logger, time, clock);
        }

        try
        {
            return new(path, CatalogRecovery.Recreate(path, logger), logger, time, clock);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            return CreateInMemory(path, e, logger, time, clock);
        }
    }

    /// <inheritdoc/>
    public void ConfirmEmpty()
    {
        if (_path is not null)
        {
            File.Delete(CatalogRecovery.LostMarkerPath(_path));
        }
    }

    /// <inheritdoc/>
    public void CheckFile()
    {
        if (_path is null || File.Exists(_path) != _isFileMissing)
        {
            return;
        }
        lock (_writing)
        {
            _isFileMissing = !_isFileMissing;
            _unusable = _isFileMissing
                ? new(
                    ErrorCatalog.StateUnavailable,
                    $"The catalog '{_path}' is gone: what is recorded from now on is lost when the server stops.",
                    "Restore the file, or restart the server and verify the backups. Find out who removed it."
                )
                : null;
            Problem = _unusable;
        }

        Subscribers.Notify(Changed);
    }

    /// <inheritdoc/>
    public KnownBackupProblems? KnownProblemsOf(string? task, DatabaseId database) => _problems.Of(task, database);

    /// <inheritdoc/>
    public CatalogChain? Find(string path) => Read(f => f.Read(path));

    /// <inheritdoc/>
    public CatalogChain? NewestOf(DatabaseId database, string? task) => Read(f => f.ReadNewest(database.ToString(), task));

    /// <inheritdoc/>
    public IReadOnlyList<CatalogChain> ChainsOf(DatabaseId database) => Read(f => f.ReadAll(database.ToString())) ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<ChainVerification> VerificationsOf(DatabaseId database, string? task) =>
        Read(f => f.Verifications(database.ToString(), task)) ?? [];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, byte[]> FindChainIds(DatabaseId database) =>
        Read(f => f.ReadChainIds(database.ToString())) ?? new Dictionary<string, byte[]>();

    /// <inheritdoc/>
    public Task StoreChainIdsAsync(string chain, byte[] ids) =>
        WriteAsync(file =>
        {
            if (file.FindChain(chain) is { } number && !file.HasChainIds(number))
            {
                file.StoreChainIds(number, ids);
            }
            return [];
        });

    /// <inheritdoc/>
    public string? PathOf(string id) => Read(f => f.PathOf(id));

    /// <inheritdoc/>
    public IReadOnlyList<DatabaseId> Databases() => [.. (Read(f => f.Databases()) ?? []).Select(DatabaseId.Parse)];

    /// <inheritdoc/>
    public Task RecordAsync(
        string chain,
        DatabaseId database,
        string? task,
        CatalogArchive archive,
        IReadOnlyCollection<CopyLocation> locations,
        ArchivePublication? publication = null
    ) =>
        WriteAsync(file =>
        {
            var number = file.GetOrAddChain(chain, database.ToString(), task);
            file.Upsert(number, archive, replace: true);
            foreach (var (destination, identity) in locations)
            {
                file.Upsert(
                    number,
                    new()
                    {
                        Chain = chain,
                        Name = archive.Name,
                        Destination = destination,
                        Identity = identity,
                        State = CopyState.Whole,
                        At = archive.Time,
                    }
                );
                if (publication is not null)
                {
                    file.Folders.Settle(file.DestinationKey(destination, identity), database.ToString(), task);
                }
            }
            if (publication?.ChainIds is { } ids)
            {
                file.StoreChainIds(number, ids);
            }

            return AffectedDatabases(database);
        });

    /// <inheritdoc/>
    public void SetDestinationIdentities(IReadOnlyDictionary<string, string> identities)
    {
        foreach (var (name, identity) in identities)
        {
            SetDestinationIdentity(name, identity);
        }
        Enqueue(file =>
            [.. file.DestinationNames().Where(p => !identities.ContainsKey(p)).SelectMany(p => file.SetDestinationIdentity(p, null))]
        );
    }

    /// <inheritdoc/>
    public void SetDestinationIdentity(string destination, string? identity)
    {
        lock (_writing)
        {
            if (identity is null)
            {
                _identities.Remove(destination);
            }
            else
            {
                _identities[destination] = identity;
            }
        }

        Enqueue(file => file.SetDestinationIdentity(destination, identity));
    }

    /// <inheritdoc/>
    public Task RecordFindingsAsync(DatabaseId database, string? task, IReadOnlyList<CopyFinding> findings) =>
        findings.Count == 0
            ? Task.CompletedTask
            : WriteAsync(file =>
            {
                foreach (var finding in findings)
                {
                    var number =
                        finding.State == CopyState.Missing
                            ? file.FindChain(finding.Chain)
                            : file.GetOrAddChain(finding.Chain, database.ToString(), task);
                    if (number is not { } chain)
                    {
                        continue;
                    }
                    if (finding.Archive is { } archive)
                    {
                        file.Upsert(chain, archive, replace: false);
                    }
                    file.Upsert(chain, finding);
                }

                return [database.ToString()];
            });

    /// <inheritdoc/>
    public Task ForgetAsync(string destination, string chain) =>
        WriteAsync(file => file.Forget(destination, chain) is { } database ? [database] : []);

    /// <inheritdoc/>
    public async Task<int> AcknowledgeAsync(string destination, DatabaseId? database)
    {
        var count = 0;
        await WriteAsync(file =>
        {
            var databases = database is null ? file.DatabasesWithProblems() : [database.ToString()];
            count = databases.Sum(d => file.Acknowledge(destination, d));
            return databases;
        });
        return count;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }
        _requests.Writer.TryComplete();
        await _loop; // finishes the queued changes
        lock (_reading)
        {
            _read?.Dispose();
        }
        lock (_writing)
        {
            _write.Dispose();
        }
    }

    private static CatalogStore CreateInMemory(
        string path,
        Exception e,
        ILogger<CatalogStore> logger,
        TimeProvider time,
        TrustedClockMonitor? clock
    )
    {
        LogInMemory(logger, e, path);
        var failure = CatalogRecovery.CreateFailure(path, e);
        return new(null, CatalogFile.Open(null), logger, time, clock) { Problem = failure, _unusable = failure };
    }

    // Problems are queried again only for databases that had one.
    private IReadOnlyList<string> AffectedDatabases(DatabaseId database) => _problems.Has(database) ? [database.ToString()] : [];

    internal T? Read<T>(Func<CatalogFile, T?> read)
    {
        try
        {
            if (_read is null)
            {
                lock (_writing)
                {
                    return read(_write);
                }
            }

            lock (_reading)
            {
                return read(_read);
            }
        }
        catch (Exception e) when (e is SqliteException or ObjectDisposedException)
        {
            LogUnreadable(_logger, e, _path);
            // An empty catalog differs from one that cannot be read: the caller must not continue as if nothing were known.
            if (CatalogRecovery.IsDamage(e))
            {
                Enqueue(_ => throw e);
            }
            throw CatalogRecovery.CreateFailure(_path, e);
        }
    }

    // Nobody waits for it. A failure is logged, and a damaged file recreated.
    internal void Enqueue(Func<CatalogFile, IReadOnlyList<string>> write) =>
        _requests.Writer.TryWrite(new(write, new(TaskCreationOptions.RunContinuationsAsynchronously)));

    // Called with _writing held, or before the object is shared.
    private void RefreshProblems(IEnumerable<string> databases) =>
        _problems = databases.Aggregate(_problems, (known, database) =>
            known.With(database, CatalogSummary.Create(_write, database, _clock?.LatestPossibleTime ?? _time.GetUtcNow()))
        );

    internal Task WriteAsync(Func<CatalogFile, IReadOnlyList<string>> write)
    {
        var request = new Request(write, new(TaskCreationOptions.RunContinuationsAsynchronously));
        return _requests.Writer.TryWrite(request)
            ? request.Done.Task
            : Task.FromException(
                new HoldfastException(ErrorCatalog.StateUnavailable, "The catalog is closed.", "The server is shutting down.")
            );
    }

    // Ends only when the store is closed: a failure belongs to its group, whose writers receive it.
    private async Task RunAsync()
    {
        var group = new List<Request>();
        while (true)
        {
            var waiting = _requests.Reader.WaitToReadAsync().AsTask();
            while (Problem != _unusable && await Task.WhenAny(waiting, Task.Delay(RetryDelay, _time)) != waiting)
            {
                Probe();
            }
            if (!await waiting)
            {
                return;
            }
            group.Clear();
            while (group.Count < MaxBatchSize && _requests.Reader.TryRead(out var request))
            {
                group.Add(request);
            }
            CommitBatch(group);
        }
    }

    private void CommitBatch(List<Request> group)
    {
        try
        {
            var touched = TryCommitBatch(group);
            var isMended = Problem != _unusable;
            Problem = _unusable;
            foreach (var request in group)
            {
                request.Done.SetResult();
            }
            if (touched || isMended)
            {
                Subscribers.Notify(Changed);
            }
        }
        catch (Exception e)
        {
            LogUnwritable(_logger, e, _path);
            var failure = CatalogRecovery.CreateFailure(_path, e);
            Problem = failure;
            Recover(e);
            foreach (var request in group)
            {
                request.Done.TrySetException(failure);
            }
            Subscribers.Notify(Changed);
        }
    }

    // The problem ends with its cause, not when somebody next has something to store.
    private void Probe()
    {
        try
        {
            lock (_writing)
            {
                _write.Begin();
                _write.ProbeWrite();
                _write.Commit();
            }

            Problem = _unusable;
            Subscribers.Notify(Changed);
        }
        catch (Exception e)
        {
            Problem = CatalogRecovery.CreateFailure(_path, e); // logged when it began
            Recover(e);
        }
    }

    private bool TryCommitBatch(List<Request> group)
    {
        lock (_writing)
        {
            _write.Begin();
            var touched = new HashSet<string>(StringComparer.Ordinal);
            foreach (var request in group)
            {
                touched.UnionWith(request.Write(_write));
            }
            _write.Commit();
            RefreshProblems(touched);
            return touched.Count > 0;
        }
    }

    // A damaged file is recreated, as at the start.
    private void Recover(Exception e)
    {
        try
        {
            lock (_writing)
            {
                if (_path is null || !CatalogRecovery.IsDamage(e))
                {
                    _write.Rollback();
                    return;
                }

                LogRecreated(_logger, e, _path);
                lock (_reading)
                {
                    _read?.Dispose();
                    _write.Dispose();
                    _write = CatalogRecovery.Recreate(_path, _logger);
                    _read = CatalogFile.OpenToRead(_path);
                }

                foreach (var (name, identity) in _identities)
                {
                    _write.SetDestinationIdentity(name, identity);
                }
                RefreshProblems(_write.DatabasesWithProblems());
            }
        }
        catch (Exception again) when (again is SqliteException or IOException or UnauthorizedAccessException)
        {
            LogUnwritable(_logger, again, _path); // the next group fails at its start, and comes here again
        }
    }

    [LoggerMessage(
        EventId = 5101,
        Level = LogLevel.Information,
        Message = "Created the catalog {Path}: existing archives are unrecorded until they are verified"
    )]
    private static partial void LogNew(ILogger logger, string path);

    [LoggerMessage(
        EventId = 5102,
        Level = LogLevel.Warning,
        Message = "The catalog {Path} is damaged and was recreated: archives are unrecorded until they are verified. The old file is kept "
            + "next to it with the suffix .damaged"
    )]
    private static partial void LogRecreated(ILogger logger, Exception exception, string path);

    [LoggerMessage(
        EventId = 5103,
        Level = LogLevel.Error,
        Message = "The catalog {Path} cannot be used and is kept in memory until the next start"
    )]
    private static partial void LogInMemory(ILogger logger, Exception exception, string path);

    [LoggerMessage(EventId = 5104, Level = LogLevel.Error, Message = "The catalog {Path} cannot be written")]
    private static partial void LogUnwritable(ILogger logger, Exception exception, string? path);

    [LoggerMessage(EventId = 5105, Level = LogLevel.Error, Message = "The catalog {Path} cannot be read")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string? path);
}
