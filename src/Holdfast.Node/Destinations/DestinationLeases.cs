using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>The destinations that one operation has opened; disposing it releases all of them.</summary>
/// <param name="destinations">Opens the destinations.</param>
internal sealed class DestinationLeases(DestinationRegistry destinations) : IAsyncDisposable
{
    private readonly List<IDestination> _leases = [];

    /// <summary>Opens a destination for backups.</summary>
    /// <exception cref="Core.Errors.HoldfastException">It is not defined, or cannot be used.</exception>
    public async Task<IDestination> OpenForBackupsAsync(string name, CancellationToken cancellationToken)
    {
        var destination = await destinations.OpenForBackupsAsync(name, cancellationToken);
        _leases.Add(destination);
        return destination;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var destination in _leases)
        {
            await destination.DisposeAsync();
        }
    }
}
