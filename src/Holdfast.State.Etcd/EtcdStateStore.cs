using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Holdfast.Core.Errors;
using Holdfast.State.Etcd.Connection;
using Holdfast.State.Etcd.Protocol;
using Holdfast.State.Watching;

namespace Holdfast.State.Etcd;

/// <summary>
/// The state of a cluster in etcd, 3.4 or later (https://etcd.io/docs/v3.4/dev-guide/api_reference_v3/). Nothing relies on a read or a
/// lease being true, because a member that was suspended may serve old ones: only the conditions of a transaction decide.
/// </summary>
public sealed class EtcdStateStore : IStateStore
{
    private const int EntriesPerRead = 2000;

    private readonly EtcdConnection _connection;
    private readonly EtcdKeys _keys;
    private readonly EtcdWatch _watch;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closed = new();
    private int _disposed;

    private EtcdStateStore(EtcdSettings settings, TimeProvider time)
    {
        (_time, _keys, _connection) = (time, new(settings.Name), new(settings, time));
        _watch = new(_connection, _keys, time);
    }

    /// <summary>Opens the state of a cluster; reads the files that the settings name, but connects with the first call.</summary>
    /// <param name="settings">How to reach etcd.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/> if a file cannot be used.</exception>
    public static EtcdStateStore Open(EtcdSettings settings, TimeProvider time)
    {
        var store = new EtcdStateStore(settings, time);
        store._connection.CheckFiles();
        return store;
    }

    /// <inheritdoc/>
    public async Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken)
    {
        StateLimits.Bytes(prefix);
        using var call = BeginCall(cancellationToken);
        while (true)
        {
            if (await TryRangeAsync(prefix, call) is { } range)
            {
                return range;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        StateLimits.Check(key);
        using var call = BeginCall(cancellationToken);
        var answer = await call.RunAsync(token => _connection.RangeAsync(new() { Key = _keys.ToEtcd(key) }, token));
        return answer.Kvs.Count == 0 ? null : ToEntry(key, answer.Kvs[0]);
    }

    /// <inheritdoc/>
    public async Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken)
    {
        StateLimits.Check(transaction);
        using var call = BeginCall(cancellationToken);
        var request = new TxnRequest { Compare = { transaction.Conditions.Select(ToCompare) }, Failure = { PutMarker() } };
        request.Success.AddRange(transaction.Changes.Select(ToOperation));
        // What may change nothing has no revision that watchers reach, unless it puts the marker.
        var mayChangeNothing = transaction.Changes.All(c => c.Value is null);
        var hasMarker = mayChangeNothing && request.Success.Count < StateLimits.OperationsPerTransaction;
        if (hasMarker)
        {
            request.Success.Add(PutMarker());
        }
        var answer = await CommitAsync(request, call);
        if (answer.Succeeded && mayChangeNothing && !hasMarker && answer.Responses.All(r => r.ResponseDeleteRange.Deleted == 0))
        {
            var marker = await CommitAsync(new() { Success = { PutMarker() } }, call);
            _watch.Expect(marker.Header.Revision);
            return new(true, marker.Header.Revision);
        }
        _watch.Expect(answer.Header.Revision);
        return new(answer.Succeeded, answer.Header.Revision);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StateBatch> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StateLimits.Bytes(prefix);
        using var watcher = new PrefixWatcher(prefix);
        using (var call = BeginCall(cancellationToken))
        {
            await call.RunAsync(async token =>
            {
                await _watch.AddAsync(watcher, token);
                return true;
            });
        }
        try
        {
            // Every change after this line is queued, so none falls between the snapshot and the first batch.
            watcher.ResumeFromSnapshot();
            var snapshot = await RangeAsync(prefix, cancellationToken);
            var reached = snapshot.Revision;
            yield return new(true, snapshot.Entries, [], reached);
            while (await watcher.WaitAsync(cancellationToken))
            {
                if (watcher.IsSnapshotRequired)
                {
                    watcher.ResumeFromSnapshot();
                    if (await FindNextSnapshotAsync(watcher, prefix, cancellationToken) is not { } next)
                    {
                        continue; // closed in the meantime: watching ends
                    }
                    reached = next.Revision;
                    yield return new(true, next.Entries, [], reached);
                }
                else if (watcher.TryTake(out var batch) && batch.Revision > reached)
                {
                    reached = batch.Revision;
                    yield return batch;
                }
            }
        }
        finally
        {
            _watch.Remove(watcher);
        }
    }

    /// <inheritdoc/>
    public async Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToLive, TimeSpan.FromSeconds(1));
        using var call = BeginCall(cancellationToken);
        var requested = _time.GetTimestamp();
        var answer = await call.RunAsync(token =>
            _connection.GrantLeaseAsync(new() { Ttl = (long)Math.Ceiling(timeToLive.TotalSeconds) }, token)
        );
        return new EtcdLease(answer.Id, TimeSpan.FromSeconds(answer.Ttl), requested, _connection, _time);
    }

    /// <summary>Checks that a majority of the members answers.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/> if it does not.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        using var call = BeginCall(cancellationToken);
        await call.RunAsync(token => _connection.RangeAsync(new() { Key = _keys.Marker, CountOnly = true }, token));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        await _closed.CancelAsync();
        await _watch.DisposeAsync();
        _connection.Dispose();
    }

    private async Task<TxnResponse> CommitAsync(TxnRequest request, Call call)
    {
        try
        {
            return await call.RunAsync(token => _connection.CommitAsync(request, token));
        }
        catch (HoldfastException e) when (e.InnerException is RpcException { StatusCode: StatusCode.NotFound })
        {
            throw EtcdFailure.OfEndedLease(e);
        }
        catch (HoldfastException e) when (e.InnerException is RpcException { StatusCode: StatusCode.InvalidArgument } refusal)
        {
            throw EtcdFailure.OfTooLarge(refusal);
        }
    }

    // All pages at the revision of the first one; null if etcd has compacted that revision in between.
    private async Task<StateRange?> TryRangeAsync(string prefix, Call call)
    {
        var entries = new List<StateEntry>();
        var request = new RangeRequest
        {
            Key = _keys.ToEtcd(prefix),
            RangeEnd = _keys.EndOfPrefix(prefix),
            Limit = EntriesPerRead,
        };
        while (true)
        {
            RangeResponse answer;
            try
            {
                answer = await call.RunAsync(token => _connection.RangeAsync(request, token));
            }
            catch (HoldfastException e)
                when (e.InnerException is RpcException { StatusCode: StatusCode.OutOfRange } && request.Revision > 0)
            {
                return null;
            }
            entries.AddRange(answer.Kvs.Select(kv => ToEntry(_keys.FromEtcd(kv.Key)!, kv)));
            if (request.Revision == 0)
            {
                request.Revision = answer.Header.Revision;
            }
            if (!answer.More)
            {
                return new(entries, request.Revision);
            }
            request.Key = ByteString.CopyFrom([.. answer.Kvs[^1].Key.Span, 0]);
        }
    }

    private async Task<StateRange?> FindNextSnapshotAsync(PrefixWatcher watcher, string prefix, CancellationToken cancellationToken)
    {
        try
        {
            return await RangeAsync(prefix, cancellationToken);
        }
        catch (HoldfastException) when (_closed.IsCancellationRequested)
        {
            return null;
        }
        catch (HoldfastException)
        {
            watcher.RequireSnapshot(); // what was missed is still missing
            throw;
        }
    }

    private Compare ToCompare(StateCondition condition) =>
        new()
        {
            Key = _keys.ToEtcd(condition.Key),
            Target = Compare.Types.CompareTarget.Mod,
            Result = Compare.Types.CompareResult.Equal,
            ModRevision = condition.ModRevision,
        };

    private RequestOp ToOperation(StateChange change) =>
        change.Value is { } value
            ? new()
            {
                RequestPut = new()
                {
                    Key = _keys.ToEtcd(change.Key),
                    Value = UnsafeByteOperations.UnsafeWrap(value),
                    Lease = change.Lease,
                },
            }
            : new() { RequestDeleteRange = new() { Key = _keys.ToEtcd(change.Key) } };

    private RequestOp PutMarker() => new() { RequestPut = new() { Key = _keys.Marker } };

    private static StateEntry ToEntry(string key, KeyValue value) => new(key, value.Value.Memory, value.CreateRevision, value.ModRevision);

    private void ThrowIfClosed()
    {
        if (_closed.IsCancellationRequested)
        {
            throw EtcdFailure.OfClosed();
        }
    }

    private Call BeginCall(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfClosed();
        return new(CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token), cancellationToken);
    }

    // Ends with the store, too.
    private sealed class Call(CancellationTokenSource source, CancellationToken own) : IDisposable
    {
        public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call)
        {
            try
            {
                return await call(source.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                own.ThrowIfCancellationRequested();
                throw EtcdFailure.OfClosed();
            }
        }

        public void Dispose() => source.Dispose();
    }
}
