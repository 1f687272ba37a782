using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>
/// Stores the state that must outlive a node: keys with small values, changed by atomic transactions, each with a revision of its own. The
/// model and its limits are those of etcd (https://etcd.io/docs/v3.4/learning/data_model/), so that a cluster can use it. All members are
/// thread-safe. <c>test/Holdfast.State.Contract</c> verifies these guarantees.
/// </summary>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>
    /// Whether no other process can use this state while it is open, so that work recorded as running by others has ended.
    /// </summary>
    bool IsExclusive => false;

    /// <summary>
    /// Reads the entries whose keys start with <paramref name="prefix"/> at one revision, in the byte order of the UTF-8 keys.
    /// </summary>
    /// <param name="prefix">Prefix of the keys; empty for all.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    Task<StateRange> RangeAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Reads one entry; null if there is none.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Applies a transaction if all its conditions hold. When it returns, the change is durable. If it is cancelled or fails, the change
    /// may or may not have been applied: read again.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// More than <see cref="StateLimits.OperationsPerTransaction"/> conditions or changes, a key changed twice, or a key or value beyond
    /// its limit.
    /// </exception>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/>; <see cref="ErrorCatalog.StateFull"/> if there is no space for it;
    /// <see cref="ErrorCatalog.NotAllowed"/> if the lease of a change has ended.
    /// </exception>
    Task<StateCommit> CommitAsync(StateTransaction transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Watches a prefix for as long as it is enumerated. The first batch is a snapshot of all entries; each later one contains all changes
    /// since the previous batch, in order. If the store no longer has those changes, the next batch is a snapshot again. Every revision
    /// that <see cref="CommitAsync"/> returns is reached, by an empty batch if nothing changed under the prefix. The enumeration ends when
    /// the store is disposed.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    IAsyncEnumerable<StateBatch> WatchAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// Grants a lease. Entries that were put with it are deleted when it ends, by disposal or because it was not renewed in time.
    /// </summary>
    /// <param name="timeToLive">At least 1 second. The store renews the lease about three times per period, until it is disposed.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    Task<IStateLease> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>
    /// Checks whether the store can accept a change now, as far as possible without making one. Called every few seconds.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/> if it cannot.</exception>
    Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
