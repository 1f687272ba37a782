namespace Holdfast.Archive.Age.Payload;

/// <summary>A range of the plaintext of an age file, decrypted from a range of the file. Owns the latter.</summary>
/// <param name="reader">Decrypts the chunks.</param>
/// <param name="stored">The stored chunks that contain the range.</param>
/// <param name="copy">The copy of the file from which they come.</param>
/// <param name="offset">Offset of the range in the plaintext.</param>
/// <param name="length">Its length, in bytes.</param>
internal sealed class AgeRangeStream(AgeReader reader, Stream stored, int copy, long offset, long length) : Stream
{
    private readonly byte[] _chunk = new byte[AgePayload.SealedSize];
    private readonly byte[] _plaintext = new byte[AgePayload.ChunkSize];
    private ReadOnlyMemory<byte> _remaining; // of the current chunk
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
        if (_read == length || buffer.IsEmpty)
        {
            return 0;
        }
        if (_remaining.IsEmpty)
        {
            var at = offset + _read;
            var sealedChunk = _chunk.AsMemory(0, reader.StoredSizeAt(at));
            await stored.ReadExactlyAsync(sealedChunk, cancellationToken);
            var size = await reader.OpenChunkAsync(at, sealedChunk, copy, _plaintext, cancellationToken);
            _remaining = _plaintext.AsMemory(0, size)[(int)(at % AgePayload.ChunkSize)..];
        }
        var count = (int)Math.Min(Math.Min(buffer.Length, _remaining.Length), length - _read);
        _remaining[..count].CopyTo(buffer);
        _remaining = _remaining[count..];
        _read += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask DisposeAsync()
    {
        await stored.DisposeAsync();
        await base.DisposeAsync();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
