using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>Which chains restores read, so that nobody deletes one meanwhile. Of this process only: other programs are not known.</summary>
public sealed class ChainLocks
{
    // Guards all below.
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Destination, string Chain), int> _readers = [];
    private readonly HashSet<(string Destination, string Chain)> _deleting = [];

    /// <summary>Keeps a chain until it is disposed.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="chain">Path of the chain's folder there.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/> when it is being deleted.</exception>
    public IDisposable AcquireRead(string destination, string chain)
    {
        var key = (destination, chain);
        lock (_gate)
        {
            if (_deleting.Contains(key))
            {
                throw new HoldfastException(
                    ErrorCatalogue.NotFound,
                    $"'{chain}' is being deleted at '{destination}'.",
                    "Take another point, or another destination."
                );
            }
            _readers[key] = _readers.GetValueOrDefault(key) + 1;
        }

        return new Releaser(() => ReleaseRead(key));
    }

    /// <summary>Lets nobody begin to read a chain until it is disposed.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="chain">Path of the chain's folder there.</param>
    /// <returns>Null when it is being read, and has to stay for now.</returns>
    public IDisposable? TryAcquireDelete(string destination, string chain)
    {
        var key = (destination, chain);
        lock (_gate)
        {
            if (_readers.ContainsKey(key) || !_deleting.Add(key))
            {
                return null;
            }
        }

        return new Releaser(() => ReleaseDelete(key));
    }

    private void ReleaseRead((string Destination, string Chain) key)
    {
        lock (_gate)
        {
            if (--_readers[key] == 0)
            {
                _readers.Remove(key);
            }
        }
    }

    private void ReleaseDelete((string Destination, string Chain) key)
    {
        lock (_gate)
        {
            _deleting.Remove(key);
        }
    }

    private sealed class Releaser(Action end) : IDisposable
    {
        private Action? _end = end;

        public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
    }
}
