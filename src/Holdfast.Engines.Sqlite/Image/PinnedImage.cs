using Holdfast.Archive.Items;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>A page image together with what keeps its pages as they are. Disposing lets go, and may be done more than once.</summary>
internal abstract class PinnedImage : IPageImage, IDisposable
{
    /// <inheritdoc/>
    public abstract int PageSize { get; }

    /// <inheritdoc/>
    public abstract long PageCount { get; }

    /// <inheritdoc/>
    public abstract bool IsIncompressible { get; }

    /// <summary>Whether writers wait as long as this is held.</summary>
    public abstract bool BlocksWriters { get; }

    /// <summary>See <see cref="IDatabaseView.ChangeToken"/>.</summary>
    public abstract string? ChangeToken { get; }

    /// <summary>Bytes of all pages.</summary>
    public long Length => PageCount * PageSize;

    /// <inheritdoc/>
    public abstract void Read(long firstPage, Span<byte> pages);

    /// <summary>Throws where what was read may not be one moment's contents. Called after the last page, before letting go.</summary>
    public virtual void Verify() { }

    /// <inheritdoc/>
    public abstract void Dispose();
}
