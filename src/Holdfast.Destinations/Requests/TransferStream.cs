namespace Holdfast.Destinations.Requests;

/// <summary>Content of a request or an answer; reports each read as progress of its attempt.</summary>
internal sealed class TransferStream(Stream content, RequestAttempt attempt, bool isSent) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => content.CanSeek;

    public override bool CanWrite => false;

    public override long Length => content.Length;

    public override long Position
    {
        get => content.Position;
        set => content.Position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A received stream is read by callers that know nothing of the attempt.
        using var both = isSent ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, attempt.Token);
        var read = await content.ReadAsync(buffer, both?.Token ?? cancellationToken);
        await attempt.ReportAsync(read, isSent);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // Only hashing before sending reads synchronously; those bytes are not transferred.
    public override int Read(byte[] buffer, int offset, int count) => content.Read(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => content.Seek(offset, origin);

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !isSent)
        {
            content.Dispose();
            attempt.Dispose();
        }
        base.Dispose(disposing);
    }
}
