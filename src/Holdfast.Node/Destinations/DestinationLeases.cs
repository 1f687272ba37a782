using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>The destinations that one piece of work has opened; disposing it lets go of all of them.</summary>
/// <param name="destinations">Where they are from.</param>
internal sealed class DestinationLeases(DestinationRegistry destinations) : IAsyncDisposable
{
    private readonly List<IDestination> _leases = [];

    /// <summary>Opens one for backups.</summary>
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
