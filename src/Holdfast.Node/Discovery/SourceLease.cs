using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;

namespace Holdfast.Node.Discovery;

/// <summary>Keeps a source usable until the lease is disposed, even if the source is detached in the meantime.</summary>
public sealed class SourceLease : IAsyncDisposable
{
    private readonly SourceMonitor _monitor;
    private int _isDisposed;

    internal SourceLease(SourceMonitor monitor) => _monitor = monitor;

    /// <summary>Name of its engine.</summary>
    public string Engine => _monitor.Attached.Engine;

    /// <summary>The source. Views and restores fail if it turns out not to be the known source of its name.</summary>
    public IDatabaseSource Source => _monitor.CheckedSource;

    /// <summary>A database as the last discovery found it.</summary>
    /// <exception cref="HoldfastException">It was not found; the message says why.</exception>
    public DiscoveredDatabase GetDatabase(string name) => _monitor.GetDatabase(name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await _monitor.Users.ReleaseAsync();
        }
    }
}
