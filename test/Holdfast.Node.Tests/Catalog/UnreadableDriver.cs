using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>Local destinations with one file that cannot be read.</summary>
internal sealed class UnreadableDriver : ILocalDriver
{
    private readonly LocalDriver _local = new();

    /// <summary>End of the path of the file that cannot be read.</summary>
    public string? Unreadable { get; set; }

    /// <summary>End of the path of the file whose reading makes the whole destination fail.</summary>
    public string? Failing { get; set; }

    public Task<string> InitializeAsync(string root, CancellationToken cancellationToken) =>
        _local.InitializeAsync(root, cancellationToken);

    public Task<string?> FindIdentityAsync(string root, CancellationToken cancellationToken) =>
        _local.FindIdentityAsync(root, cancellationToken);

    public async Task<IDestination> OpenAsync(string root, string? identity, CancellationToken cancellationToken) =>
        new Destination(this, root, await _local.OpenAsync(root, identity, cancellationToken));

    private sealed class Destination(UnreadableDriver driver, string root, IDestination inner) : DelegatingDestination(inner)
    {
        public override async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
        {
            var source = await Inner.OpenAsync(path, cancellationToken);
            var full = $"{root}/{path}";
            return driver.Unreadable is { } bad && full.EndsWith(bad, StringComparison.Ordinal) ? new Bad(source, ErrorCatalog.Unreadable)
                : driver.Failing is { } failing && full.EndsWith(failing, StringComparison.Ordinal)
                    ? new Bad(source, ErrorCatalog.DestinationFailed)
                : source;
        }
    }

    private sealed class Bad(IByteSource inner, Error error) : IByteSource
    {
        public string Name => inner.Name;

        public long Length => inner.Length;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            throw new HoldfastException(error, $"'{Name}' cannot be read at offset {offset}.", "Check the disk.");

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
