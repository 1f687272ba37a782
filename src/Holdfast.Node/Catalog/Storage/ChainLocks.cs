using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>The chains that restores are reading, so that none is deleted meanwhile. Known within this process only.</summary>
public sealed class ChainLocks
{
    // Guards all fields below. Nothing is called while it is held.
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Destination, string Chain), int> _readers = [];
    private readonly HashSet<(string Destination, string Chain)> _deleting = [];

    /// <summary>Protects a chain from deletion until the result is disposed.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="chain">Path of the chain's folder there.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if it is being deleted.</exception>
    public IDisposable AcquireRead(string destination, string chain)
    {
        var key = (destination, chain);
        lock (_gate)
        {
            if (_deleting.Contains(key))
            {
                throw new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"'{chain}' is being deleted at '{destination}'.",
                    "Use another restore point, or another destination."
                );
            }
            _readers[key] = _readers.GetValueOrDefault(key) + 1;
        }

        return new Releaser(() => ReleaseRead(key));
    }

    /// <summary>Locks a chain for deletion until the result is disposed, so that no restore starts to read it.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="chain">Path of the chain's folder there.</param>
    /// <returns>Null if it is being read and cannot be deleted now.</returns>
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
