using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Age;

/// <summary>A file in memory.</summary>
internal sealed class MemorySource(byte[] bytes) : IByteSource
{
    public string Name => "shop/file.age";

    public long Length => bytes.Length;

    public int Reads { get; private set; }

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Reads++;
        if (offset < 0 || offset + buffer.Length > bytes.Length)
        {
            throw new HoldfastException(ErrorCatalog.Truncated, "past the end");
        }
        bytes.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
        return default;
    }

    public ValueTask DisposeAsync() => default;
}
