namespace Holdfast.Archive.Items;

/// <summary>Reads a range of a source, which it does not own.</summary>
internal sealed class ByteSourceStream(IByteSource source, long offset, long length) : ForwardStream(length)
{
    /// <inheritdoc/>
    protected override async ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await source.ReadAsync(offset + Position, buffer, cancellationToken);
        return buffer.Length;
    }
}
