namespace Holdfast.Node.RestorePoints.Copies;

/// <summary>Several leases that end together.</summary>
internal sealed class ChainLeases : IDisposable
{
    private readonly List<IDisposable> _leases = [];

    /// <summary>Adds a lease, and takes ownership of it.</summary>
    public void Add(IDisposable lease) => _leases.Add(lease);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lease in _leases)
        {
            lease.Dispose();
        }
        _leases.Clear();
    }
}
