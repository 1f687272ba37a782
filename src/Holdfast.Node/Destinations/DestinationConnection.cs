using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;
using Holdfast.Destinations.Requests;

namespace Holdfast.Node.Destinations;

/// <summary>
/// The connection of a node to one destination. Concurrent requests share one attempt to open it, which does not delay requests for
/// another destination.
/// </summary>
internal sealed class DestinationConnection
{
    private readonly Action _problemChanged;

    // Guards all fields below. Nothing is called while it is held.
    private readonly Lock _gate = new();
    private Task? _opening;
    private SharedDestination? _shared;
    private RequestCounts? _earlier; // of connections that were replaced
    private HoldfastException? _problem;
    private bool _isClosed;

    public DestinationConnection(string name, DestinationLimits limits, TimeProvider time, Action problemChanged)
    {
        _problemChanged = problemChanged;
        Calls = new(name, limits, time);
        Calls.IdentityFailed += e => Problem = e;
    }

    /// <summary>Runs the calls of the destination, and counts those that hang; shared by all openings.</summary>
    public CallGuard Calls { get; }

    /// <summary>Why its identity is wrong; null if it is right or unknown.</summary>
    public HoldfastException? Problem
    {
        get
        {
            lock (_gate)
            {
                return _problem;
            }
        }
        set
        {
            lock (_gate)
            {
                if (_problem?.Message == value?.Message)
                {
                    return;
                }
                _problem = value;
            }

            _problemChanged();
        }
    }

    /// <summary>Requests and bytes of all openings; null for a destination without requests.</summary>
    public RequestCounts? Requests
    {
        get
        {
            lock (_gate)
            {
                return Add(_earlier, _shared?.Opened.Requests);
            }
        }
    }

    /// <summary>Leases the opened destination if it is still the defined one; otherwise opens it first.</summary>
    /// <param name="now">Returns what the destination has to correspond to now.</param>
    /// <param name="open">Opens the destination. Runs once for all waiting callers; must end by itself.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<(SharedDestination Shared, IDestination Lease)> LeaseAsync(
        Func<DefinedDestination> now,
        Func<DestinationConfig, Task<SharedDestination>> open,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var defined = now();
            Task opening;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isClosed, this);
                if (_shared is { } shared && shared.Matches(defined) && shared.Lease() is { } lease)
                {
                    return (shared, lease);
                }
                opening = _opening ??= Task.Run(() => OpenAsync(() => open(defined.Config)), CancellationToken.None);
            }

            await opening.WaitAsync(cancellationToken); // it may belong to a definition that has changed meanwhile
        }
    }

    /// <summary>Releases the opened destination: it is closed when its last lease ends.</summary>
    public async ValueTask CloseAsync()
    {
        SharedDestination? shared;
        Task? opening;
        lock (_gate)
        {
            _isClosed = true;
            (shared, _shared) = (_shared, null);
            opening = _opening;
        }

        if (shared is not null)
        {
            await shared.ReleaseAsync();
        }
        if (opening is not null)
        {
            // A pending opening sees the disposal and closes what it opened; one that hangs does not delay the shutdown.
            await Calls.CloseAsync(() => opening);
        }
    }

    private static RequestCounts? Add(RequestCounts? one, RequestCounts? other) =>
        one is null || other is null ? one ?? other : one.Plus(other);

    private async Task OpenAsync(Func<Task<SharedDestination>> open)
    {
        SharedDestination? before = null;
        try
        {
            var opened = await open();
            lock (_gate)
            {
                (before, _shared) = _isClosed ? (opened, null) : (_shared, opened);
                _earlier = _isClosed ? _earlier : Add(_earlier, before?.Opened.Requests);
            }
        }
        finally
        {
            lock (_gate)
            {
                _opening = null;
            }
            if (before is not null)
            {
                await before.ReleaseAsync();
            }
        }
    }
}
