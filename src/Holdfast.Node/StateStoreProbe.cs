using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.State;

namespace Holdfast.Node;

/// <summary>
/// Tests every few seconds whether the store accepts changes: without writes, nothing else would notice that its file is gone.
/// </summary>
/// <param name="store">The store.</param>
public sealed class StateStoreProbe(IStateStore store)
{
    /// <summary>Interval of the tests.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Why the store accepts no changes; null if it does.</summary>
    public HoldfastException? Problem { get; private set; }

    /// <summary>Raised when <see cref="Problem"/> has changed. Must not block.</summary>
    public event Action? Changed;

    /// <summary>Tests once. A failure of the store is reported as a problem, not thrown.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        HoldfastException? found = null;
        try
        {
            await store.CheckAsync(cancellationToken);
        }
        catch (HoldfastException e)
        {
            found = e;
        }

        var before = Problem;
        Problem = found;
        if (before?.Message != found?.Message)
        {
            Subscribers.Notify(Changed);
        }
    }
}
