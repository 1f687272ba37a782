using Grpc.Core;
using Holdfast.Core.Errors;
using Holdfast.State.Etcd.Connection;
using Holdfast.State.Etcd.Protocol;
using Holdfast.State.Watching;

namespace Holdfast.State.Etcd;

/// <summary>
/// One stream of all changes of the Holdfast cluster, from which every watcher of this node is fed: however many there are, etcd sends each
/// change once. The stream goes on at another member where it broke. If etcd no longer has the changes in between, all watchers need a
/// snapshot.
/// </summary>
internal sealed class EtcdWatch : IAsyncDisposable
{
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    private readonly EtcdConnection _connection;
    private readonly EtcdKeys _keys;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();

    // Guards the fields below; PrefixWatcher's own lock is taken inside of it.
    private readonly Lock _gate = new();
    private readonly HashSet<PrefixWatcher> _watchers = [];
    private Task? _loop;
    private bool _closed;
    private long _expected; // a revision that a commit of this node has returned
    private long _expectedSince;

    private long _reached; // revision up to which all changes were received; 0 if the next stream has to find out where it begins

    private int _attempt; // used by the loop only

    public EtcdWatch(EtcdConnection connection, EtcdKeys keys, TimeProvider time) => (_connection, _keys, _time) = (connection, keys, time);

    /// <summary>Adds a watcher. It gets every change from now on, and whatever it misses is announced by a required snapshot.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/> if etcd cannot be read, or the watch has been closed.
    /// </exception>
    public async Task AddAsync(PrefixWatcher watcher, CancellationToken cancellationToken)
    {
        await EnsureStartedAsync(cancellationToken);
        lock (_gate)
        {
            if (_closed)
            {
                throw EtcdFailure.OfClosed();
            }
            _watchers.Add(watcher);
            _loop ??= Task.Run(RunAsync, CancellationToken.None);
        }
    }

    /// <summary>Removes a watcher.</summary>
    public void Remove(PrefixWatcher watcher)
    {
        lock (_gate)
        {
            _watchers.Remove(watcher);
        }
    }

    /// <summary>Declares that the stream must reach a revision soon: a member that does not deliver it is given up.</summary>
    public void Expect(long revision)
    {
        lock (_gate)
        {
            if (_expected < revision)
            {
                (_expected, _expectedSince) = (revision, _time.GetTimestamp());
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task? loop;
        lock (_gate)
        {
            (_closed, loop) = (true, _loop);
        }
        await _stop.CancelAsync();
        if (loop is not null)
        {
            await loop;
        }
        lock (_gate)
        {
            foreach (var watcher in _watchers)
            {
                watcher.Close();
            }
        }
    }

    // Last resort of the loop: whatever ends a stream, another one is opened, at another member and after a pause.
    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(_stop.Token);
            }
            catch (Exception e)
            {
                if (e is RpcException answer)
                {
                    _connection.ForgetToken(answer);
                }
            }
            if (_stop.IsCancellationRequested)
            {
                return;
            }
            var pause = TimeSpan.FromMilliseconds(100 << Math.Min(_attempt, 6));
            _attempt++;
            await Task.Delay(pause < MaxPause ? pause : MaxPause, _time, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        await EnsureStartedAsync(cancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (endpoint, options) = await _connection.PrepareStreamAsync(_attempt, end.Token);
        using var call = endpoint.Watch.Watch(options);
        try
        {
            await call.RequestStream.WriteAsync(
                new()
                {
                    CreateRequest = new()
                    {
                        Key = _keys.All,
                        RangeEnd = _keys.AllEnd,
                        StartRevision = _reached + 1,
                    },
                },
                end.Token
            );
            await ReadAsync(endpoint, call.ResponseStream, end.Token);
        }
        finally
        {
            await end.CancelAsync(); // a stream that is only disposed could leave the watch at the member
        }
    }

    // Where the first stream begins, or the next one after etcd has dropped the changes in between. Watchers that are there have missed
    // those, and their snapshots must not be older than the new beginning: so they are required after it is known.
    private async Task EnsureStartedAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Read(ref _reached) != 0)
        {
            return;
        }
        var answer = await _connection.RangeAsync(new() { Key = _keys.Marker, CountOnly = true }, cancellationToken);
        lock (_gate)
        {
            if (_reached != 0)
            {
                return; // another caller was faster
            }
            _reached = answer.Header.Revision;
            foreach (var watcher in _watchers)
            {
                watcher.RequireSnapshot();
            }
        }
    }

    private async Task ReadAsync(EtcdEndpoint endpoint, IAsyncStreamReader<WatchResponse> stream, CancellationToken cancellationToken)
    {
        var (created, start) = (false, _time.GetTimestamp());
        while (true)
        {
            var next = stream.MoveNext(cancellationToken);
            while (!next.IsCompleted)
            {
                // The pause ends early when the answer arrives, or the stream is cancelled.
                await ((Task)next)
                    .WaitAsync(TimeSpan.FromSeconds(1), _time, CancellationToken.None)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!next.IsCompleted && (IsOverdue() || (!created && _time.GetElapsedTime(start) > _connection.CallTimeout)))
                {
                    return;
                }
            }
            if (!await next)
            {
                return;
            }
            var answer = stream.Current;
            _connection.Observe(endpoint, answer.Header);
            if (answer.Canceled)
            {
                if (answer.CompactRevision > 0)
                {
                    Interlocked.Exchange(ref _reached, 0);
                }
                return;
            }
            if (answer.Created)
            {
                created = true;
                continue;
            }
            Deliver(answer);
            _attempt = 0;
        }
    }

    private bool IsOverdue()
    {
        lock (_gate)
        {
            return _expected > _reached && _time.GetElapsedTime(_expectedSince) > _connection.CallTimeout;
        }
    }

    // An answer contains whole transactions, in the order of their revisions.
    private void Deliver(WatchResponse answer)
    {
        foreach (var transaction in answer.Events.GroupBy(e => e.Kv.ModRevision).Where(t => t.Key > _reached))
        {
            var (puts, deletes) = (new List<StateEntry>(), new List<string>());
            foreach (var change in transaction)
            {
                if (_keys.FromEtcd(change.Kv.Key) is not { } key)
                {
                    continue;
                }
                if (change.Type == Event.Types.EventType.Delete)
                {
                    deletes.Add(key);
                }
                else
                {
                    puts.Add(new(key, change.Kv.Value.Memory, change.Kv.CreateRevision, change.Kv.ModRevision));
                }
            }
            var changes = new AppliedChanges(transaction.Key, puts, deletes);
            lock (_gate)
            {
                _reached = changes.Revision;
                foreach (var watcher in _watchers)
                {
                    watcher.Enqueue(changes);
                }
            }
        }
    }
}
