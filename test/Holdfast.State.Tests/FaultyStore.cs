using System.Runtime.CompilerServices;

namespace Holdfast.State.Tests;

/// <summary>A store that fails on demand: with any exception, with a cancellation of its own, or by not responding for a while.</summary>
internal sealed class FaultyStore(IStateStore inner) : IStateStore
{
    private readonly Queue<Func<Task>> _commits = new(),
        _watches = new();
    private readonly List<TaskCompletionSource> _watching = [];
    private readonly Lock _gate = new();
    private Exception? _breakWith;

    /// <summary>Number of watchers that started.</summary>
    public int WatchCount { get; private set; }

    /// <summary>Number of transactions received.</summary>
    public int CommitCount { get; private set; }

    /// <summary>Runs before the next transaction is committed.</summary>
    public void OnCommit(Func<Task> fault) => _commits.Enqueue(fault);

    /// <summary>Runs when the next watcher starts.</summary>
    public void OnWatch(Func<Task> fault) => _watches.Enqueue(fault);

    /// <summary>Disconnects all watchers.</summary>
    public void Break(Exception with)
    {
        lock (_gate)
        {
            _breakWith = with;
            foreach (var disconnected in _watching)
            {
                disconnected.TrySetResult();
            }
            _watching.Clear();
        }
    }

    public Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken) => inner.RangeAsync(prefix, cancellationToken);

    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public async Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken)
    {
        CommitCount++;
        if (_commits.TryDequeue(out var fault))
        {
            await fault();
        }
        return await inner.CommitAsync(transaction, cancellationToken);
    }

    public async IAsyncEnumerable<StateBatch> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        WatchCount++;
        if (_watches.TryDequeue(out var fault))
        {
            await fault();
        }
        var disconnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _watching.Add(disconnected);
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var watcher = inner.WatchAsync(prefix, stop.Token).GetAsyncEnumerator(stop.Token);
        while (true)
        {
            var next = watcher.MoveNextAsync().AsTask();
            if (await Task.WhenAny(next, disconnected.Task) == disconnected.Task)
            {
                await stop.CancelAsync();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw _breakWith!;
            }

            if (!await next)
            {
                yield break;
            }
            yield return watcher.Current;
        }
    }

    public Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken) =>
        inner.GrantLeaseAsync(timeToLive, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
