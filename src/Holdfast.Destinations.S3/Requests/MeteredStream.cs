using System.Text;
using Holdfast.Destinations.Requests;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>
/// The stream of a connection, after TLS; counts the requests that are written to it. The client repeats some by itself, such as those on
/// a connection that the store has closed in the meantime, and only here all of them are seen. A request begins after the answer to the
/// one before, with its method: HTTP/1.1 is spoken, one request at a time.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="meter">Counts the requests.</param>
internal sealed class MeteredStream(Stream connection, RequestMeter meter) : Stream
{
    // A connection is used by one request at a time; its answer may be read while its content is still written.
    private volatile bool _mayBegin = true;

    public override bool CanRead => connection.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => connection.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await connection.ReadAsync(buffer, cancellationToken);
        _mayBegin |= read > 0; // an interim answer too, such as "100 Continue"
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Count(buffer.Span);
        return connection.WriteAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = connection.Read(buffer, offset, count);
        _mayBegin |= read > 0;
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        Count(buffer.AsSpan(offset, count));
        connection.Write(buffer, offset, count);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    public override void Flush() => connection.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>The kind of a request; null for bytes that are not the beginning of one.</summary>
    /// <param name="head">Its first bytes, up to the end of the first line.</param>
    internal static RequestKind? KindOf(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf(" HTTP/1.1\r\n"u8);
        if (end < 0)
        {
            return null;
        }
        var line = Encoding.ASCII.GetString(head[..end]);
        var query = line.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? line[(at + 1)..].Split('&') : [];
        return line.Split(' ')[0] switch
        {
            "GET" when query.Any(q => q is "uploads" or "uploads=" or "list-type=2") => RequestKind.List,
            "GET" or "HEAD" => RequestKind.Get,
            "PUT" => RequestKind.Put,
            "POST" when query.Any(q => q is "delete" or "delete=") => RequestKind.Delete,
            "POST" => RequestKind.Put,
            "DELETE" => RequestKind.Delete,
            _ => null,
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Count(ReadOnlySpan<byte> written)
    {
        if (_mayBegin && KindOf(written) is { } kind)
        {
            _mayBegin = false;
            meter.AddRequest(kind);
        }
    }
}
