using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>A file in memory that counts the bytes read.</summary>
internal sealed class MemorySource(byte[] bytes, string name = "memory") : IByteSource
{
    public long BytesRead { get; private set; }

    public string Name => name;

    public long Length => bytes.Length;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset + buffer.Length > bytes.Length)
        {
            throw new HoldfastException(ErrorCatalog.Truncated, $"'{name}' ends at {bytes.Length}.");
        }
        bytes.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
        BytesRead += buffer.Length;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
