using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>
/// Keeps what must outlive a node: keys with small values, changed by transactions that are applied whole or not at
/// all, each with a revision of its
/// own. The model and its limits are etcd's (https://etcd.io/docs/v3.4/learning/data_model/), so that a cluster can
/// keep it there. All members may be
/// called by several tasks at once. Its promises are proved in <c>test/Holdfast.State.Contract</c>.
/// </summary>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>
    /// Whether nobody else can use this state while it is open: then what it says of others' work that is under way is
    /// history.
    /// </summary>
    bool IsExclusive => false;

    /// <summary>
    /// Reads the entries whose key begins with <paramref name="prefix"/>, in the order of the keys' bytes in UTF-8, as
    /// they stood at one revision.
    /// </summary>
    /// <param name="prefix">Beginning of the keys; empty for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.StateUnavailable"/></exception>
    Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Reads one entry; null where there is none.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.StateUnavailable"/></exception>
    Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Applies a transaction if all its conditions hold. When it returns, the change is on disk and stays there. When
    /// it is cancelled or fails, the
    /// change may have been applied or not: read again.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// More than <see cref="StateLimits.OperationsPerTransaction"/> conditions or changes, a key changed twice, or a
    /// key or value beyond its limit.
    /// </exception>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.StateUnavailable"/>; <see cref="ErrorCatalogue.StateFull"/> when there is no room for
    /// it; <see cref="ErrorCatalogue.NotAllowed"/> when a lease that it puts with has ended.
    /// </exception>
    Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Follows a prefix for as long as it is enumerated. The first batch is a snapshot of all entries; each later one
    /// is what changed since the batch
    /// before it, in order, none left out. Where the store can no longer tell what changed, the next batch is a
    /// snapshot again. Each revision that
    /// <see cref="CommitAsync"/> returned is reached, by an empty batch where nothing changed under the prefix. It ends
    /// when the store is disposed.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.StateUnavailable"/></exception>
    IAsyncEnumerable<StateBatch> WatchAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// Grants a lease. Entries that were put with it go away when it ends: by disposal, or when it was not renewed for
    /// its whole time.
    /// </summary>
    /// <param name="timeToLive">1 second and more. The store renews it about three times in that time, until it is disposed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.StateUnavailable"/></exception>
    Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>
    /// Looks whether the store would take a change now, as far as that can be told without one. It is asked every few
    /// seconds.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.StateUnavailable"/> when it would not.</exception>
    Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
