using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;
using Holdfast.State;

namespace Holdfast.Node.Tests;

/// <summary>A state store in memory, for one test.</summary>
internal sealed class MemoryStore : IStateStore
{
    public bool IsExclusive { get; init; }

    /// <summary>Number of puts and deletes so far.</summary>
    public int Changes { get; private set; }

    /// <summary>Number of commits after which every other one fails.</summary>
    public int CommitsLeft { get; set; } = int.MaxValue;

    private readonly SortedDictionary<string, StateEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<TaskCompletionSource> _followers = [];
    private readonly Lock _gate = new();
    private long _revision;

    public Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(
                new StateRange([.. _entries.Values.Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal))], _revision)
            );
        }
    }

    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult(_entries.GetValueOrDefault(key));
        }
    }

    public Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (transaction.Conditions.Any(c => (_entries.GetValueOrDefault(c.Key)?.ModRevision ?? 0) != c.ModRevision))
            {
                return Task.FromResult(new StateCommit(false, _revision));
            }
            if (CommitsLeft-- <= 0)
            {
                throw new HoldfastException(ErrorCatalog.StateUnavailable, "killed", "start again");
            }
            _revision++;
            Changes += transaction.Changes.Count;
            foreach (var change in transaction.Changes)
            {
                var created = _entries.GetValueOrDefault(change.Key)?.CreateRevision ?? _revision;
                _entries.Remove(change.Key);
                if (change.Value is { } value)
                {
                    _entries.Add(change.Key, new(change.Key, value, created, _revision));
                }
            }

            _followers.ForEach(f => f.TrySetResult());
            _followers.Clear();
            return Task.FromResult(new StateCommit(true, _revision));
        }
    }

    public async IAsyncEnumerable<StateBatch> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            StateRange range;
            lock (_gate)
            {
                var follower = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _followers.Add(follower);
                changed = follower.Task;
                range = new([.. _entries.Values.Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal))], _revision);
            }

            yield return new(true, range.Entries, [], range.Revision);
            await changed.WaitAsync(cancellationToken);
        }
    }

    public Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;
}
