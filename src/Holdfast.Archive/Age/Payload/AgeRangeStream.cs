using Holdfast.Archive.Items;

namespace Holdfast.Archive.Age.Payload;

/// <summary>A range of the plaintext of an age file, decrypted from a range of the file. Owns the latter.</summary>
/// <param name="reader">Decrypts the chunks.</param>
/// <param name="stored">The stored chunks that contain the range.</param>
/// <param name="copy">The copy of the file from which they come.</param>
/// <param name="offset">Offset of the range in the plaintext.</param>
/// <param name="length">Its length, in bytes.</param>
internal sealed class AgeRangeStream(AgeReader reader, Stream stored, int copy, long offset, long length) : ForwardStream(length)
{
    private readonly byte[] _chunk = new byte[AgePayload.SealedSize];
    private readonly byte[] _plaintext = new byte[AgePayload.ChunkSize];
    private ReadOnlyMemory<byte> _remaining; // of the current chunk

    /// <inheritdoc/>
    protected override async ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_remaining.IsEmpty)
        {
            var at = offset + Position;
            var sealedChunk = _chunk.AsMemory(0, reader.StoredSizeAt(at));
            await stored.ReadExactlyAsync(sealedChunk, cancellationToken);
            var size = await reader.OpenChunkAsync(at, sealedChunk, copy, _plaintext, cancellationToken);
            _remaining = _plaintext.AsMemory(0, size)[(int)(at % AgePayload.ChunkSize)..];
        }
        var count = Math.Min(buffer.Length, _remaining.Length);
        _remaining[..count].CopyTo(buffer);
        _remaining = _remaining[count..];
        return count;
    }

    /// <inheritdoc/>
    protected override ValueTask CloseAsync() => stored.DisposeAsync();
}
