using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;

namespace Holdfast.Node.Destinations;

/// <summary>
/// What a node keeps of one destination from one opening to the next. Many may ask at once: they share one attempt to
/// open it, which holds up nobody
/// who asks for another destination.
/// </summary>
internal sealed class DestinationConnection
{
    private readonly Action _problemChanged;

    // Guards all below. Nothing is called while it is held.
    private readonly Lock _gate = new();
    private Task? _opening;
    private SharedDestination? _shared;
    private HoldfastException? _problem;
    private bool _isClosed;

    public DestinationConnection(string name, DestinationLimits limits, TimeProvider time, Action problemChanged)
    {
        _problemChanged = problemChanged;
        Calls = new(name, limits, time);
        Calls.IdentityFailed += e => Problem = e;
    }

    /// <summary>Runs its calls, and counts those that hang; the same for every opening.</summary>
    public CallGuard Calls { get; }

    /// <summary>Why its identity is not what it should be; null where it is, or nothing is known.</summary>
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

    /// <summary>A lease on what is opened, if it still is what it should be; opens it where it is not.</summary>
    /// <param name="now">The definition now, and the identity that it must have; null where it has none yet.</param>
    /// <param name="open">Opens it. Runs once for all who wait; must end by itself.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<(SharedDestination Shared, IDestination Lease)> LeaseAsync(
        Func<(DestinationConfig Config, string? Identity)> now,
        Func<DestinationConfig, Task<SharedDestination>> open,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var (config, identity) = now();
            Task opening;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isClosed, this);
                if (_shared is { } shared && shared.Matches(config, identity) && shared.Lease() is { } lease)
                {
                    return (shared, lease);
                }
                opening = _opening ??= Task.Run(() => OpenAsync(() => open(config)), CancellationToken.None);
            }

            await opening.WaitAsync(cancellationToken); // it may be of a definition that has changed meanwhile
        }
    }

    /// <summary>Lets go of what is opened: it is closed when its last user has ended.</summary>
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
            await Calls.CloseAsync(() => opening); // it finds that this is closed, and lets go; one that hangs holds up no stop
        }
    }

    private async Task OpenAsync(Func<Task<SharedDestination>> open)
    {
        SharedDestination? before = null;
        try
        {
            var opened = await open();
            lock (_gate)
            {
                (before, _shared) = _isClosed ? (opened, null) : (_shared, opened);
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
