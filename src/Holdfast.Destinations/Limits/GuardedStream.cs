using System.Buffers;

namespace Holdfast.Destinations.Limits;

/// <summary>A range of a stored file that is read as a stream, whose reads never block their caller.</summary>
internal sealed class GuardedStream(RefCountedResource<Stream> stream, long length, CallGuard calls) : Stream
{
    // A network stream returns little at a time; each guarded call has its price.
    private const int BytesPerCall = 128 << 10;

    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // As in GuardedByteSource: a hung read must not write into a buffer that its caller has reused.
        var own = ArrayPool<byte>.Shared.Rent(buffer.Length);
        var count = await calls.RunAsync(
            "reading",
            calls.Limits.CallTimeout,
            token => stream.UseAsync(s => ReadAsync(s, own.AsMemory(0, buffer.Length), token)),
            cancellationToken
        );
        own.AsSpan(0, count).CopyTo(buffer.Span);
        ArrayPool<byte>.Shared.Return(own);
        _read += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask DisposeAsync()
    {
        await calls.CloseAsync(stream.CloseAsync);
        await base.DisposeAsync();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static async Task<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken) =>
        await stream.ReadAtLeastAsync(buffer, Math.Min(buffer.Length, BytesPerCall), throwOnEndOfStream: false, cancellationToken);
}
