namespace Holdfast.Archive.Items;

/// <summary>Where the pages of an image go. Both members are called from several threads, never for the same bytes at once.</summary>
public interface IPageTarget
{
    /// <summary>Sets the length of the image, in bytes, before any page is written.</summary>
    void SetLength(long length);

    /// <summary>Writes bytes at <paramref name="offset"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Reads back what was written at <paramref name="offset"/>, to check an image that came from several archives.</summary>
    void Read(long offset, Span<byte> bytes);
}
