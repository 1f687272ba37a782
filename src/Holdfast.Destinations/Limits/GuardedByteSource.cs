using System.Buffers;
using Holdfast.Archive.Items;

namespace Holdfast.Destinations.Limits;

/// <summary>A stored file whose reads never block their caller.</summary>
internal sealed class GuardedByteSource(RefCountedResource<IByteSource> source, CallGuard calls) : IByteSource
{
    public string Name { get; } = source.Item.Name;

    public long Length { get; } = source.Item.Length;

    public bool IsRemote { get; } = source.Item.IsRemote;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // A hung read may complete after its caller has reused the buffer. Each read therefore gets a buffer of its own, which is returned
        // to the pool only if the read completes in time.
        var own = ArrayPool<byte>.Shared.Rent(buffer.Length);
        await calls.TransferAsync(
            "reading",
            calls.Limits.CallTimeout,
            token =>
                source.UseAsync(async s =>
                {
                    await s.ReadAsync(offset, own.AsMemory(0, buffer.Length), token);
                    return true;
                }),
            cancellationToken
        );
        own.AsSpan(0, buffer.Length).CopyTo(buffer.Span);
        ArrayPool<byte>.Shared.Return(own);
    }

    public async Task<Stream> OpenReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        var stream = new RefCountedResource<Stream>();
        try
        {
            await calls.TransferAsync(
                "reading",
                calls.Limits.CallTimeout,
                token =>
                    source.UseAsync(async s =>
                    {
                        await stream.SetAsync(await s.OpenReadAsync(offset, length, token));
                        return true;
                    }),
                cancellationToken
            );
            return new GuardedStream(stream, length, calls);
        }
        catch
        {
            await calls.CloseAsync(stream.CloseAsync);
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await calls.CloseAsync(source.CloseAsync);
}
