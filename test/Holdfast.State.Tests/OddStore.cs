using System.Runtime.CompilerServices;

namespace Holdfast.State.Tests;

/// <summary>
/// A store that fails as it is told to: with any exception, with a cancellation of its own, or by not answering for a
/// while.
/// </summary>
internal sealed class OddStore(IStateStore inner) : IStateStore
{
    private readonly Queue<Func<Task>> _commits = new(),
        _follows = new();
    private readonly List<TaskCompletionSource> _broken = [];
    private readonly Lock _gate = new();
    private Exception? _breakWith;

    /// <summary>How often a follower began.</summary>
    public int Followed { get; private set; }

    /// <summary>How often a transaction came.</summary>
    public int Committed { get; private set; }

    /// <summary>What the next transaction meets before it is committed.</summary>
    public void OnCommit(Func<Task> odd) => _commits.Enqueue(odd);

    /// <summary>What the next follower meets at its begin.</summary>
    public void OnFollow(Func<Task> odd) => _follows.Enqueue(odd);

    /// <summary>Breaks all followers off.</summary>
    public void Break(Exception with)
    {
        lock (_gate)
        {
            _breakWith = with;
            foreach (var broken in _broken)
            {
                broken.TrySetResult();
            }
            _broken.Clear();
        }
    }

    public Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken) => inner.RangeAsync(prefix, cancellationToken);

    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public async Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken)
    {
        Committed++;
        if (_commits.TryDequeue(out var odd))
        {
            await odd();
        }
        return await inner.CommitAsync(transaction, cancellationToken);
    }

    public async IAsyncEnumerable<StateBatch> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Followed++;
        if (_follows.TryDequeue(out var odd))
        {
            await odd();
        }
        var broken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _broken.Add(broken);
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var follower = inner.WatchAsync(prefix, stop.Token).GetAsyncEnumerator(stop.Token);
        while (true)
        {
            var next = follower.MoveNextAsync().AsTask();
            if (await Task.WhenAny(next, broken.Task) == broken.Task)
            {
                await stop.CancelAsync();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw _breakWith!;
            }

            if (!await next)
            {
                yield break;
            }
            yield return follower.Current;
        }
    }

    public Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken) =>
        inner.GrantLeaseAsync(timeToLive, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
