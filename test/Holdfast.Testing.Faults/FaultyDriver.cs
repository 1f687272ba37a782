using Holdfast.Destinations;
using Holdfast.Destinations.Local;

namespace Holdfast.Testing.Faults;

/// <summary>Opens destinations whose calls can fail; so can opening them.</summary>
/// <param name="inner">Opens them.</param>
/// <param name="faults">The faults of a destination, by its root.</param>
public sealed class FaultyDriver(ILocalDriver inner, Func<string, FaultSwitch> faults) : ILocalDriver
{
    public async Task<string> InitializeAsync(string root, CancellationToken cancellationToken)
    {
        await faults(root).MeetAsync("initialize", cancellationToken);
        return await inner.InitializeAsync(root, cancellationToken);
    }

    public async Task<string?> FindIdentityAsync(string root, CancellationToken cancellationToken)
    {
        await faults(root).MeetAsync("find the identity", cancellationToken);
        return await inner.FindIdentityAsync(root, cancellationToken);
    }

    public async Task<IDestination> OpenAsync(string root, string? identity, CancellationToken cancellationToken)
    {
        await faults(root).MeetAsync("open", cancellationToken);
        return new FaultyDestination(await inner.OpenAsync(root, identity, cancellationToken), faults(root));
    }
}
