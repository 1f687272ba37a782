using System.Buffers;
using Holdfast.Archive.Items;

namespace Holdfast.Destinations.Limits;

/// <summary>A range of a stored file that is read as a stream, whose reads never block their caller.</summary>
internal sealed class GuardedStream(RefCountedResource<Stream> stream, long length, CallGuard calls) : ForwardStream(length)
{
    // A network stream returns little at a time; each guarded call has its price.
    private const int BytesPerCall = 128 << 10;

    /// <inheritdoc/>
    protected override async ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // As in GuardedByteSource: a hung read must not write into a buffer that its caller has reused.
        var own = ArrayPool<byte>.Shared.Rent(buffer.Length);
        var count = await calls.TransferAsync(
            "reading",
            calls.Limits.CallTimeout,
            token => stream.UseAsync(s => ReadAsync(s, own.AsMemory(0, buffer.Length), token)),
            cancellationToken
        );
        own.AsSpan(0, count).CopyTo(buffer.Span);
        ArrayPool<byte>.Shared.Return(own);
        return count;
    }

    /// <inheritdoc/>
    protected override async ValueTask CloseAsync() => await calls.CloseAsync(stream.CloseAsync);

    private static async Task<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken) =>
        await stream.ReadAtLeastAsync(buffer, Math.Min(buffer.Length, BytesPerCall), throwOnEndOfStream: false, cancellationToken);
}
