using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;

namespace Holdfast.State.Tests;

/// <summary>A store whose followers can be cut off, as by a network.</summary>
internal sealed class InterruptedStore(IStateStore inner) : IStateStore
{
    private CancellationTokenSource _cut = new();

    /// <summary>Whether followers are refused.</summary>
    public bool IsDown { get; set; }

    /// <summary>Cuts all followers off.</summary>
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
        await using var follower = inner.WatchAsync(prefix, either.Token).GetAsyncEnumerator(either.Token);
        while (true)
        {
            try
            {
                if (IsDown)
                {
                    throw Failure();
                }
                if (!await follower.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (OperationCanceledException) when (cut.IsCancellationRequested)
            {
                throw Failure();
            }

            yield return follower.Current;
        }
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static HoldfastException Failure() => new(ErrorCatalogue.StateUnavailable, "cut off");
}
