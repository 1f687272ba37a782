using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Destinations;

namespace Holdfast.Testing.Faults;

/// <summary>A destination whose calls can fail.</summary>
/// <param name="inner">The destination.</param>
/// <param name="faults">The faults of its calls.</param>
public sealed class FaultyDestination(IDestination inner, FaultSwitch faults) : IDestination
{
    public string Name => inner.Name;

    public string? Identity => inner.Identity;

    public async Task CheckIdentityAsync(CancellationToken cancellationToken)
    {
        await faults.MeetAsync("check", cancellationToken);
        await inner.CheckIdentityAsync(cancellationToken);
    }

    public async IAsyncEnumerable<DestinationEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await faults.MeetAsync("list", cancellationToken);
        await foreach (var entry in inner.ListAsync(folder, cancellationToken))
        {
            yield return entry;
        }
    }

    public async Task<IUpload> BeginUploadAsync(string path, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("begin", cancellationToken);
        return new Upload(await inner.BeginUploadAsync(path, cancellationToken), faults);
    }

    public async Task PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("publish", cancellationToken);
        await inner.PublishAsync([.. uploads.Select(u => ((Upload)u).Inner)], cancellationToken);
        await faults.MeetAsync("acknowledgement of a publish", cancellationToken);
    }

    public async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("open", cancellationToken);
        return new Bytes(await inner.OpenAsync(path, cancellationToken), faults);
    }

    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("delete", cancellationToken);
        await inner.DeleteAsync(path, cancellationToken);
    }

    public async Task<long?> FreeBytesAsync(CancellationToken cancellationToken)
    {
        await faults.MeetAsync("free bytes", cancellationToken);
        return await inner.FreeBytesAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Upload(IUpload inner, FaultSwitch faults) : IUpload
    {
        public IUpload Inner => inner;

        public string Path => inner.Path;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await faults.MeetAsync("write", cancellationToken);
            await inner.WriteAsync(bytes, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Bytes(IByteSource inner, FaultSwitch faults) : IByteSource
    {
        public string Name => inner.Name;

        public long Length => inner.Length;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            await faults.MeetAsync("read", cancellationToken);
            await inner.ReadAsync(offset, buffer, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
