using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>An opened destination that several users share; closed when the last of them has let it go.</summary>
/// <param name="config">What it was opened as.</param>
/// <param name="opened">The destination.</param>
internal sealed class SharedDestination(DestinationConfig config, IDestination opened)
{
    private readonly Lock _gate = new();
    private int _users = 1; // who keeps it

    /// <summary>The destination.</summary>
    public IDestination Opened => opened;

    /// <summary>Whether what a person without Holdfast needs has been put there.</summary>
    public bool HasInstructions { get; set; }

    /// <summary>Whether it is what a definition says now.</summary>
    public bool Matches(DestinationConfig now, string? identity) => now == config && identity is not null && identity == opened.Identity;

    /// <summary>One more user; null where it is closed already.</summary>
    public IDestination? Lease()
    {
        lock (_gate)
        {
            if (_users == 0)
            {
                return null;
            }
            _users++;
        }

        return new DestinationLease(opened, ReleaseAsync);
    }

    /// <summary>One user less.</summary>
    public async ValueTask ReleaseAsync()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        await opened.DisposeAsync();
    }
}
