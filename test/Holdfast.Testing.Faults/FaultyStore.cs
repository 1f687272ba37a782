using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;
using Holdfast.State;

namespace Holdfast.Testing.Faults;

/// <summary>
/// A state store whose calls can fail. A change that fails may have been made nevertheless, as the contract allows.
/// </summary>
/// <param name="inner">The store.</param>
/// <param name="faults">The faults of its calls.</param>
public sealed class FaultyStore(IStateStore inner, FaultSwitch faults) : IStateStore
{
    private volatile bool _isCut;

    /// <summary>Stores nothing from now on, as if the process had been killed. Cannot be undone.</summary>
    public void Cut() => _isCut = true;

    public async Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken)
    {
        await MeetAsync("range", cancellationToken);
        return await inner.RangeAsync(prefix, cancellationToken);
    }

    public async Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        await MeetAsync("get", cancellationToken);
        return await inner.GetAsync(key, cancellationToken);
    }

    public async Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken)
    {
        await MeetAsync("commit", cancellationToken);
        var commit = await inner.CommitAsync(transaction, cancellationToken);
        await MeetAsync("acknowledgement of a commit", cancellationToken);
        return commit;
    }

    public async IAsyncEnumerable<StateBatch> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await MeetAsync("follow", cancellationToken);
        await foreach (var batch in inner.WatchAsync(prefix, cancellationToken))
        {
            await MeetAsync("batch", cancellationToken);
            yield return batch;
        }
    }

    public async Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        await MeetAsync("lease", cancellationToken);
        return await inner.GrantLeaseAsync(timeToLive, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private Task MeetAsync(string call, CancellationToken cancellationToken) =>
        _isCut
            ? throw new HoldfastException(ErrorCatalog.StateUnavailable, "The store was cut off.")
            : faults.MeetAsync(call, cancellationToken);
}
