using Holdfast.Archive.Items;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>An image whose pages are read by a reader process.</summary>
internal sealed class RemoteImage(ReaderJob job, ReaderReply.Item item, CancellationToken cancellationToken) : IPageImage
{
    /// <inheritdoc/>
    public int PageSize => item.PageSize;

    /// <inheritdoc/>
    public long PageCount => item.PageCount;

    /// <inheritdoc/>
    public bool IsIncompressible => item.IsIncompressible;

    /// <inheritdoc/>
    public void Read(long firstPage, Span<byte> pages)
    {
        while (pages.Length > 0)
        {
            var length = Math.Min(pages.Length, ReaderFrames.MaxPayload / PageSize * PageSize);
            var reply = job.Call(
                new()
                {
                    Command = ReaderCommand.Pages,
                    FirstPage = firstPage,
                    Length = length,
                },
                cancellationToken
            );
            if (reply.Payload.Count != length)
            {
                throw RemoteView.InvalidReply(job, "pages");
            }
            reply.Payload.AsSpan().CopyTo(pages);
            reply.Release();
            pages = pages[length..];
            firstPage += length / PageSize;
        }
    }
}
