using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>An opened destination that several users share; closed when the last of them releases it.</summary>
/// <param name="config">The definition that was opened.</param>
/// <param name="capabilities">What was known of it from a test then; null for nothing.</param>
/// <param name="opened">The destination.</param>
internal sealed class SharedDestination(DestinationConfig config, DestinationCapabilities? capabilities, IDestination opened)
{
    private readonly Lock _gate = new();
    private int _users = 1; // the connection itself

    /// <summary>The destination.</summary>
    public IDestination Opened => opened;

    /// <summary>Whether the restore instructions have been written there.</summary>
    public bool HasInstructions { get; set; }

    /// <summary>Whether it corresponds to the current definition.</summary>
    public bool Matches(DefinedDestination now) =>
        now.Config == config && now.Capabilities == capabilities && now.Identity is not null && now.Identity == opened.Identity;

    /// <summary>Adds a user; null if it is already closed.</summary>
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

    /// <summary>Removes a user.</summary>
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
