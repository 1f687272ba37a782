using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;

namespace Holdfast.State.Tests;

/// <summary>A store whose watchers can be disconnected, as by a network failure.</summary>
internal sealed class InterruptedStore(IStateStore inner) : IStateStore
{
    private CancellationTokenSource _cut = new();

    /// <summary>Whether watchers are refused.</summary>
    public bool IsDown { get; set; }

    /// <summary>Disconnects all watchers.</summary>
    public async Task CutAsync()
    {
        var cut = _cut;
        _cut = new();
        await cut.CancelAsync();
    }

    public Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken) => inner.RangeAsync(prefix, cancellationToken);

    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken) =>
        inner.CommitAsync(transaction, cancellationToken);

    public Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken) =>
        inner.GrantLeaseAsync(timeToLive, cancellationToken);

    public async IAsyncEnumerable<StateBatch> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cut = _cut.Token;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cut, cancellationToken);
        await using var watcher = inner.WatchAsync(prefix, either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            try
            {
                if (IsDown)
                {
                    throw Failure();
                }
                if (!await watcher.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (OperationCanceledException) when (cut.IsCancellationRequested)
            {
                throw Failure();
            }

            yield return watcher.Current;
        }
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static HoldfastException Failure() => new(ErrorCatalog.StateUnavailable, "cut off");
}
