using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Holdfast.Core.Errors;
using Holdfast.State.Watching;

namespace Holdfast.State.Embedded;

/// <summary>
/// The state of a single server in one SQLite file. Nothing is cached in memory; callers that need a cache use a
/// <see cref="StateMirror{T}"/>. Transactions that arrive while others are being written form a group and share one flush (group commit).
/// </summary>
public sealed class EmbeddedStateStore : IStateStore
{
    private const int MaxPerGroup = 1000;
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromMinutes(1);

    private readonly StateFile _file;
    private readonly TimeProvider _time;
    private readonly Channel<CommitRequest> _requests = Channel.CreateUnbounded<CommitRequest>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<long, EmbeddedLease> _leases = new();
    private readonly HashSet<PrefixWatcher> _watchers = [];

    // Guards the file, the revision and the watchers; held for no call outside of this assembly.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Task _loop;
    private long _revision;
    private long _lastLease;
    private long _checkpointed; // number of groups at the last checkpoint
    private long _lastCheckpoint;
    private bool _closed;
    private int _disposed;

    private EmbeddedStateStore(StateFile file, TimeProvider time)
    {
        (_file, _time) = (file, time);
        _revision = file.ReadRevision();
        _lastCheckpoint = time.GetTimestamp();
        _loop = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public bool IsExclusive => true;

    /// <summary>Number of groups committed, each with one flush.</summary>
    internal long Groups { get; private set; }

    /// <summary>Opens or creates the state. New files and folders are accessible to their owner only.</summary>
    /// <param name="path">The file. It is locked exclusively until this store is disposed.</param>
    /// <param name="time">The clock, for leases.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/> if the file is in use, damaged, from a newer version, or cannot be opened;
    /// <see cref="ErrorCatalog.StateFull"/> if there is no space to create it.
    /// </exception>
    public static Task<EmbeddedStateStore> OpenAsync(string path, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(path, [], time, cancellationToken);

    /// <summary>Opens the state, or creates it if none existed before. New files and folders are accessible to their owner only.</summary>
    /// <param name="path">The file. It is locked exclusively until this store is disposed.</param>
    /// <param name="traces">
    /// Files that prove that a state existed. If any exists, an empty or missing state file is refused. The store's own marker,
    /// <c>state.id</c>, always counts.
    /// </param>
    /// <param name="time">The clock, for leases.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException">
    /// As above, and <see cref="ErrorCatalog.StateUnavailable"/> if the former state is missing, or the file belongs to another server.
    /// </exception>
    public static async Task<EmbeddedStateStore> OpenAsync(
        string path,
        IReadOnlyList<string> traces,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await Task.Run(() => new EmbeddedStateStore(StateFile.Open(path, traces), time), CancellationToken.None);
    }

    /// <summary>
    /// Writes a consistent copy of the state to a new file, with its marker next to it. Works even if the file of this store was removed.
    /// </summary>
    /// <param name="path">A file that does not exist, in an existing folder.</param>
    /// <param name="cancellationToken">Cancels the wait for its turn.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/>, <see cref="ErrorCatalog.StateFull"/>
    /// </exception>
    public Task CopyAsync(string path, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
                ReadAsync(
                    () =>
                    {
                        _file.CopyTo(path);
                        return true;
                    },
                    cancellationToken
                ),
            CancellationToken.None
        );

    /// <summary>
    /// Checks that the file is still the one that was opened. Once a minute it also checkpoints the write-ahead log, so that a copy of the
    /// file alone is nearly complete.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/>; <see cref="ErrorCatalog.StateFull"/>
    /// </exception>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        ReadAsync(
            () =>
            {
                _file.CheckNotReplaced();
                if (_checkpointed == Groups || _time.GetElapsedTime(_lastCheckpoint) < CheckpointInterval)
                {
                    return true;
                }
                (_checkpointed, _lastCheckpoint) = (Groups, _time.GetTimestamp());
                _file.Checkpoint();
                return true;
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken)
    {
        StateLimits.Bytes(prefix);
        return ReadAsync(() => new StateRange(_file.Range(prefix), _revision), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        StateLimits.Check(key);
        return ReadAsync(() => _file.Get(key), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken)
    {
        StateLimits.Check(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        return await CommitAsync(new() { Transaction = transaction, Cancellation = cancellationToken }).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StateBatch> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StateLimits.Bytes(prefix);
        using var watcher = new PrefixWatcher(prefix);
        try
        {
            yield return await SnapshotAsync(watcher, prefix, cancellationToken);
            while (await watcher.WaitAsync(cancellationToken))
            {
                var batch =
                    watcher.IsSnapshotRequired ? await NextSnapshotAsync(watcher, prefix, cancellationToken)
                    : watcher.TryTake(out var next) ? next
                    : null;
                if (batch is not null)
                {
                    yield return batch;
                }
            }
        }
        finally
        {
            await _gate.WaitAsync(CancellationToken.None);
            _watchers.Remove(watcher);
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToLive, TimeSpan.FromSeconds(1));
        return ReadAsync<IStateLease>(
            () =>
            {
                var lease = new EmbeddedLease(++_lastLease, timeToLive, EndLeaseAsync, _time);
                _leases[lease.Id] = lease;
                return lease;
            },
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            await _loop;
            return;
        }

        _requests.Writer.TryComplete();
        await _loop; // earlier requests are completed
        await _gate.WaitAsync();
        try
        {
            _closed = true;
            foreach (var lease in _leases.Values)
            {
                lease.Stop();
            }
            foreach (var watcher in _watchers)
            {
                watcher.Close();
            }
            _file.Dispose();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<T> ReadAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _closed ? throw StateFailure.OfClosed(_file.Path) : read();
        }
        catch (Exception e)
        {
            throw StateFailure.Of(e, _file.Path);
        }
        finally
        {
            _gate.Release();
        }
    }

    // Under the gate, so that no commit falls between the snapshot and the first batch.
    private Task<StateBatch> SnapshotAsync(PrefixWatcher watcher, string prefix, CancellationToken cancellationToken) =>
        ReadAsync(
            () =>
            {
                var entries = _file.Range(prefix);
                watcher.ResumeFromSnapshot();
                _watchers.Add(watcher);
                return new StateBatch(true, entries, [], _revision);
            },
            cancellationToken
        );

    private async Task<StateBatch?> NextSnapshotAsync(PrefixWatcher watcher, string prefix, CancellationToken cancellationToken)
    {
        try
        {
            return await SnapshotAsync(watcher, prefix, cancellationToken);
        }
        catch (HoldfastException) when (_closed)
        {
            return null; // closed in the meantime: watching ends
        }
    }

    private async Task EndLeaseAsync(long lease)
    {
        await CommitAsync(new CommitRequest { EndedLease = lease });
        _leases.TryRemove(lease, out _);
    }

    private Task<StateCommit> CommitAsync(CommitRequest request) =>
        _requests.Writer.TryWrite(request) ? request.Done : Task.FromException<StateCommit>(StateFailure.OfClosed(_file.Path));

    private async Task RunAsync()
    {
        var group = new List<CommitRequest>();
        while (await _requests.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < MaxPerGroup && _requests.Reader.TryRead(out var request))
            {
                if (request.Cancellation.IsCancellationRequested)
                {
                    request.Cancel();
                }
                else
                {
                    group.Add(request);
                }
            }

            await _gate.WaitAsync();
            try
            {
                Commit(group);
            }
            catch (Exception e)
            {
                // Last resort of the loop. Whether the group was committed is unknown: callers have to read again, and watchers need a
                // snapshot.
                foreach (var request in group)
                {
                    request.Failure ??= StateFailure.Of(e, _file.Path);
                }
                foreach (var watcher in _watchers)
                {
                    watcher.RequireSnapshot();
                }
            }
            finally
            {
                _gate.Release();
            }

            foreach (var request in group)
            {
                request.Complete();
            }
        }
    }

    // The whole group is committed or rolled back: the result of one transaction may depend on the changes of another.
    private void Commit(List<CommitRequest> group)
    {
        var revision = _revision;
        var applied = new List<AppliedChanges>(group.Count);
        try
        {
            _file.Begin();
            foreach (var request in group)
            {
                if (Apply(request, revision) is not { } changes)
                {
                    continue;
                }
                applied.Add(changes);
                revision = changes.Revision;
            }

            if (applied.Count > 0)
            {
                _file.SetRevision(revision);
                _file.CheckNotReplaced(); // a commit into an unlinked file must not be acknowledged
            }

            _file.Commit();
        }
        catch (Exception e)
        {
            var failure = StateFailure.Of(e, _file.Path);
            foreach (var request in group)
            {
                request.Failure = failure;
            }
            RollBack();
            return;
        }

        if (applied.Count == 0)
        {
            return;
        }
        Groups++;
        _revision = revision;
        // After the commit and under the gate: every watcher sees all transactions in the order of their revisions.
        foreach (var changes in applied)
        {
            foreach (var watcher in _watchers)
            {
                watcher.Enqueue(changes);
            }
        }
    }

    private void RollBack()
    {
        try
        {
            _file.Rollback();
        }
        catch (Exception)
        {
            // Nothing was committed, so nothing is visible. The next group fails when it begins, and rolls back again.
        }
    }

    // Applies a request at the next revision; null if it changes nothing.
    private AppliedChanges? Apply(CommitRequest request, long revision)
    {
        request.Commit = new(false, revision);
        if (request.Transaction?.Conditions.Any(c => _file.ModRevision(c.Key) != c.ModRevision) == true)
        {
            return null;
        }
        var puts = new List<StateEntry>();
        var deletes = new List<string>();
        if (request.Transaction is null)
        {
            deletes = _file.DeleteLeased(request.EndedLease);
        }
        else
        {
            if (request.Transaction.Changes.FirstOrDefault(HasEndedLease) is { } late)
            {
                request.Failure = StateFailure.OfEndedLease(late.Key);
                return null;
            }

            foreach (var change in request.Transaction.Changes)
            {
                if (change.Value is not null)
                {
                    puts.Add(_file.Put(change, revision + 1));
                }
                else if (_file.Delete(change.Key))
                {
                    deletes.Add(change.Key);
                }
            }
        }

        if (puts.Count + deletes.Count > 0)
        {
            revision++;
        }
        request.Commit = new(true, revision);
        return puts.Count + deletes.Count > 0 ? new(revision, puts, deletes) : null;
    }

    private bool HasEndedLease(StateChange change) =>
        change is { Value: not null, Lease: not 0 } && !(_leases.TryGetValue(change.Lease, out var lease) && lease.IsLive);
}
