using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Destinations;

namespace Holdfast.Testing.Faults;

/// <summary>A destination whose calls can fail.</summary>
/// <param name="inner">The destination.</param>
/// <param name="faults">The faults of its calls.</param>
public sealed class FaultyDestination(IDestination inner, FaultSwitch faults) : DelegatingDestination(inner)
{
    public override async Task CheckIdentityAsync(CancellationToken cancellationToken)
    {
        await faults.MeetAsync("check", cancellationToken);
        await Inner.CheckIdentityAsync(cancellationToken);
    }

    public override IAsyncEnumerable<DestinationEntry> ListAsync(string folder, CancellationToken cancellationToken) =>
        MeetAsync(Inner.ListAsync(folder, cancellationToken), cancellationToken);

    public override IAsyncEnumerable<DestinationEntry> ListTreeAsync(string folder, CancellationToken cancellationToken) =>
        MeetAsync(Inner.ListTreeAsync(folder, cancellationToken), cancellationToken);

    public override async Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("find", cancellationToken);
        return await Inner.FindAsync(path, cancellationToken);
    }

    public override async Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("begin", cancellationToken);
        return new Upload(await Inner.BeginUploadAsync(path, hint, cancellationToken), faults);
    }

    public override async Task<IReadOnlyList<PublishedFile>> PublishAsync(
        IReadOnlyList<IUpload> uploads,
        CancellationToken cancellationToken
    )
    {
        await faults.MeetAsync("publish", cancellationToken);
        var files = await Inner.PublishAsync([.. uploads.Select(u => ((Upload)u).Inner)], cancellationToken);
        await faults.MeetAsync("acknowledgement of a publish", cancellationToken);
        return files;
    }

    public override async Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("open", cancellationToken);
        return new Bytes(await Inner.OpenAsync(path, cancellationToken), faults);
    }

    public override async Task<string?> ReplaceAsync(
        string path,
        ReadOnlyMemory<byte> content,
        string? expected,
        CancellationToken cancellationToken
    )
    {
        await faults.MeetAsync("replace", cancellationToken);
        return await Inner.ReplaceAsync(path, content, expected, cancellationToken);
    }

    public override async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("delete", cancellationToken);
        await Inner.DeleteAsync(path, cancellationToken);
    }

    public override async Task<IReadOnlyList<DeletionFailure>> DeleteManyAsync(
        IReadOnlyList<string> paths,
        CancellationToken cancellationToken
    )
    {
        await faults.MeetAsync("delete", cancellationToken);
        return await Inner.DeleteManyAsync(paths, cancellationToken);
    }

    public override async Task<long?> FreeBytesAsync(CancellationToken cancellationToken)
    {
        await faults.MeetAsync("free bytes", cancellationToken);
        return await Inner.FreeBytesAsync(cancellationToken);
    }

    private async IAsyncEnumerable<DestinationEntry> MeetAsync(
        IAsyncEnumerable<DestinationEntry> entries,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await faults.MeetAsync("list", cancellationToken);
        await foreach (var entry in entries)
        {
            yield return entry;
        }
    }

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

        public bool IsRemote => inner.IsRemote;

        public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            await faults.MeetAsync("read", cancellationToken);
            await inner.ReadAsync(offset, buffer, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
