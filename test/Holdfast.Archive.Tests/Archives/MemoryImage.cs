using Holdfast.Archive.Items;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>Pages in memory, as the source of a backup and the target of a restore.</summary>
internal sealed class MemoryImage(int pageSize, byte[] bytes) : IPageImage, IPageTarget
{
    public byte[] Bytes { get; private set; } = bytes;

    public int PageSize => pageSize;

    public long PageCount => Bytes.Length / pageSize;

    public bool IsIncompressible => false;

    public void Read(long firstPage, Span<byte> pages) => Bytes.AsSpan((int)firstPage * pageSize, pages.Length).CopyTo(pages);

    public void SetLength(long length) => Bytes = new byte[length];

    public void Write(long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes.AsSpan((int)offset));

    void IPageTarget.Read(long offset, Span<byte> bytes) => Bytes.AsSpan((int)offset, bytes.Length).CopyTo(bytes);
}
