using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Holdfast.Core.Errors;

namespace Holdfast.State.Embedded;

/// <summary>
/// The state of a server that is alone: one SQLite file. Nothing of it is kept in memory, for those who need that have
/// a <see cref="StateMirror{T}"/>.
/// Transactions that come while others are being written wait for each other and share one flush of the disk.
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
    private readonly SemaphoreSlim _gate = new(1, 1); // the file, the revision, the followers
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

    /// <summary>How often the disk was flushed for transactions.</summary>
    internal long Groups { get; private set; }

    /// <summary>Opens the state, or makes it: the file for its owner only, as its folder where that has to be made.</summary>
    /// <param name="path">The file. Nobody else can open it until this store is disposed.</param>
    /// <param name="time">The clock, for leases.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.StateUnavailable"/> when it is in use, damaged, of a newer version, or cannot be
    /// opened; <see cref="ErrorCatalogue.StateFull"/> when it cannot be made.
    /// </exception>
    public static Task<EmbeddedStateStore> OpenAsync(string path, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(path, [], time, cancellationToken);

    /// <summary>
    /// Opens the state, or makes it where none was: the file for its owner only, as its folder where that has to be
    /// made.
    /// </summary>
    /// <param name="path">The file. Nobody else can open it until this store is disposed.</param>
    /// <param name="traces">
    /// Files that show that a state was there; where there is one, an empty or missing file is refused. The store's own
    /// marker, <c>state.id</c>, always counts.
    /// </param>
    /// <param name="time">The clock, for leases.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException">
    /// As above, and <see cref="ErrorCatalogue.StateUnavailable"/> when the state that was there is gone, or is
    /// another's.
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
    /// Writes the state as it is at one moment into a file of its own, with its marker beside it; also where the file
    /// of this store was removed.
    /// </summary>
    /// <param name="path">A file that is not there, in a folder that is.</param>
    /// <param name="cancellationToken">Stops waiting for its turn.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.StateUnavailable"/>, <see cref="ErrorCatalogue.StateFull"/>
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
    /// Whether the file is still the one that was opened. Once a minute, what was committed meanwhile is moved into it
    /// from its log, so that a copy of the file alone is nearly whole.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.StateUnavailable"/>; <see cref="ErrorCatalogue.StateFull"/>
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
        using var follower = new PrefixWatcher(prefix);
        try
        {
            yield return await SnapshotAsync(follower, prefix, cancellationToken);
            while (await follower.WaitAsync(cancellationToken))
            {
                var batch =
                    follower.IsSnapshotRequired ? await NextSnapshotAsync(follower, prefix, cancellationToken)
                    : follower.TryTake(out var next) ? next
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
            _watchers.Remove(follower);
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
        await _loop; // what was asked for before is done
        await _gate.WaitAsync();
        try
        {
            _closed = true;
            foreach (var lease in _leases.Values)
            {
                lease.Stop();
            }
            foreach (var follower in _watchers)
            {
                follower.Close();
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

    // Under the gate, so that no commit falls between what it reads and what it is told.
    private Task<StateBatch> SnapshotAsync(PrefixWatcher follower, string prefix, CancellationToken cancellationToken) =>
        ReadAsync(
            () =>
            {
                var entries = _file.Range(prefix);
                follower.ResumeFromSnapshot();
                _watchers.Add(follower);
                return new StateBatch(true, entries, [], _revision);
            },
            cancellationToken
        );

    private async Task<StateBatch?> NextSnapshotAsync(PrefixWatcher follower, string prefix, CancellationToken cancellationToken)
    {
        try
        {
            return await SnapshotAsync(follower, prefix, cancellationToken);
        }
        catch (HoldfastException) when (_closed)
        {
            return null; // closed in between: following ends, as it would have a moment later
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
                // The edge of the loop. Whether it was committed is not known: who asked must read again, and who follows too.
                foreach (var request in group)
                {
                    request.Failure ??= StateFailure.Of(e, _file.Path);
                }
                foreach (var follower in _watchers)
                {
                    follower.RequireSnapshot();
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

    // All or nothing for the whole group: an answer given to one may rest on the changes of another.
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
                _file.CheckNotReplaced(); // nothing is acknowledged that only a file without a name holds
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
        foreach (var changes in applied)
        {
            foreach (var follower in _watchers)
            {
                follower.Enqueue(changes);
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
            // Nothing was committed, so nothing can be seen; the next group fails at its beginning and comes here again.
        }
    }

    // What a request changes at the revision after this one; null where nothing.
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
