using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.State;

namespace Holdfast.Node;

/// <summary>
/// Asks the store every few seconds whether it would take a change: where nothing is written, nothing else would notice
/// that its file is gone.
/// </summary>
/// <param name="store">The store.</param>
public sealed class StateStoreProbe(IStateStore store)
{
    /// <summary>How often it is asked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Why the store would take nothing; null where it would.</summary>
    public HoldfastException? Problem { get; private set; }

    /// <summary>Told when <see cref="Problem"/> came or went. Must not block.</summary>
    public event Action? Changed;

    /// <summary>Asks once. What the store says is a problem to be told, not a failure of this.</summary>
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
