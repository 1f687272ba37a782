namespace Holdfast.Archive.Items;

/// <summary>Receives the pages of an image. Called concurrently, but never for the same bytes.</summary>
public interface IPageTarget
{
    /// <summary>Sets the length of the image, in bytes, before any page is written.</summary>
    void SetLength(long length);

    /// <summary>Writes bytes at <paramref name="offset"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Reads back what was written at <paramref name="offset"/>, to verify an image assembled from several archives.</summary>
    void Read(long offset, Span<byte> bytes);
}
