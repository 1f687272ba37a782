using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;

namespace Holdfast.Node.Tests.Restores;

/// <summary>Local destinations, one of which stops responding after some bytes. They can count as remote.</summary>
internal sealed class DyingDriver : ILocalDriver
{
    private readonly LocalDriver _local = new();
    private long _left;

    /// <summary>Name of the folder that dies; null for none.</summary>
    public string? Dying { get; private set; }

    /// <summary>Whether reads of files are requests.</summary>
    public bool IsRemote { get; set; }

    /// <summary>Bytes that were read from each folder.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, long> BytesRead { get; } = new(StringComparer.Ordinal);

    /// <summary>Makes a folder die after some bytes.</summary>
    public void Kill(string folder, long after) => (Dying, _left) = (folder, after);

    public Task<string> InitializeAsync(string root, CancellationToken cancellationToken) =>
        _local.InitializeAsync(root, cancellationToken);

    public Task<string?> FindIdentityAsync(string root, CancellationToken cancellationToken) =>
        _local.FindIdentityAsync(root, cancellationToken);

    public async Task<IDestination> OpenAsync(string root, string? identity, CancellationToken cancellationToken) =>
        new Destination(this, Path.GetFileName(root), await _local.OpenAsync(root, identity, cancellationToken));

    private void Read(string folder, int bytes)
    {
        if (folder == Dying && Interlocked.Add(ref _left, -bytes) < 0)
        {
            throw new HoldfastException(ErrorCatalog.DestinationFailed, $"'{folder}' does not respond.", "Check the network.");
        }
        BytesRead.AddOrUpdate(folder, bytes, (_, before) => before + bytes);
    }

    private sealed class Destination(DyingDriver driver, string folder, IDestination inner) : DelegatingDestination(inner)
    {
        public override async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
        {
            driver.Read(folder, 0);
            return new Source(driver, folder, await Inner.OpenAsync(path, cancellationToken));
        }
    }

    private sealed class Source(DyingDriver driver, string folder, IByteSource inner) : IByteSource
    {
        public string Name => inner.Name;

        public long Length => inner.Length;

        public bool IsRemote => driver.IsRemote;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            driver.Read(folder, buffer.Length);
            await inner.ReadAsync(offset, buffer, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
