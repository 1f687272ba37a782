using Holdfast.Core.Errors;
using Holdfast.Engines;

namespace Holdfast.Node.Discovery;

/// <summary>A source that somebody works with: it stays usable until this is disposed, even if it is detached meanwhile.</summary>
public sealed class SourceLease : IAsyncDisposable
{
    private readonly SourceMonitor _monitor;
    private int _ended;

    internal SourceLease(SourceMonitor monitor) => _monitor = monitor;

    /// <summary>Name of its engine.</summary>
    public string Engine => _monitor.Attached.Engine;

    /// <summary>
    /// The source. Each view and each restore is refused where it turns out to be another than the one that was known
    /// by its name.
    /// </summary>
    public IDatabaseSource Source => _monitor.CheckedSource;

    /// <summary>A database that is to be backed up, as it was found last.</summary>
    /// <exception cref="HoldfastException">It is not there; the message says why.</exception>
    public DiscoveredDatabase GetDatabase(string name) => _monitor.GetDatabase(name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            await _monitor.ReleaseAsync();
        }
    }
}
