namespace Holdfast.Destinations.Contents;

/// <summary>Reads a <see cref="SegmentBuffer"/>.</summary>
internal sealed class SegmentStream(SegmentBuffer buffer) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => buffer.Length;

    public override long Position { get; set; }

    public override int Read(Span<byte> bytes)
    {
        var total = 0;
        while (total < bytes.Length && buffer.Read(Position, bytes[total..]) is > 0 and var read)
        {
            total += read;
            Position += read;
        }
        return total;
    }

    public override int Read(byte[] bytes, int offset, int count) => Read(bytes.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> bytes, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(bytes.Span));

    public override Task<int> ReadAsync(byte[] bytes, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(bytes.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => Position + offset,
            _ => Length + offset,
        };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] bytes, int offset, int count) => throw new NotSupportedException();
}
