using Holdfast.Archive.Items;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sqlite.Image;

/// <summary>
/// A page image together with the locks that keep its pages unchanged. Disposing releases them and may be repeated.
/// </summary>
internal abstract class PinnedImage : IPageImage, IDisposable
{
    /// <inheritdoc/>
    public abstract int PageSize { get; }

    /// <inheritdoc/>
    public abstract long PageCount { get; }

    /// <inheritdoc/>
    public abstract bool IsIncompressible { get; }

    /// <summary>Whether writers have to wait while this is pinned.</summary>
    public abstract bool BlocksWriters { get; }

    /// <summary>See <see cref="IDatabaseView.ChangeToken"/>.</summary>
    public abstract string? ChangeToken { get; }

    /// <summary>Size of all pages in bytes.</summary>
    public long Length => PageCount * PageSize;

    /// <inheritdoc/>
    public abstract void Read(long firstPage, Span<byte> pages);

    /// <summary>
    /// Throws if the pages that were read may not be from a single moment. Called after the last page, before the locks
    /// are released.
    /// </summary>
    public virtual void Verify() { }

    /// <inheritdoc/>
    public abstract void Dispose();
}
