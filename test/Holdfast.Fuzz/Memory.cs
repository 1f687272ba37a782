using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Fuzz;

/// <summary>A file in memory.</summary>
internal sealed class MemorySource(byte[] bytes) : IByteSource
{
    public string Name => "input";

    public long Length => bytes.Length;

    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset > bytes.Length - buffer.Length)
        {
            throw new HoldfastException(ErrorCatalog.Truncated, "The input is shorter.");
        }
        bytes.AsMemory((int)offset, buffer.Length).CopyTo(buffer);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Pages in memory. As a target it accepts what a small image needs, and rejects more.</summary>
internal sealed class MemoryImage(int pageSize, byte[] bytes) : IPageImage, IPageTarget
{
    private const long Most = 16 << 20;

    private byte[] _bytes = bytes;

    public int PageSize => pageSize;

    public long PageCount => _bytes.Length / pageSize;

    public bool IsIncompressible => false;

    public void Read(long firstPage, Span<byte> pages) => _bytes.AsSpan((int)firstPage * pageSize, pages.Length).CopyTo(pages);

    public void SetLength(long length) =>
        _bytes = length <= Most ? new byte[length] : throw new HoldfastException(ErrorCatalog.DestinationFull, "Too large for here.");

    public void Write(long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan((int)offset, bytes.Length));

    void IPageTarget.Read(long offset, Span<byte> bytes) => _bytes.AsSpan((int)offset, bytes.Length).CopyTo(bytes);
}
