using System.IO.Pipelines;
using Holdfast.Archive.Items;

namespace Holdfast.Node.Backups;

/// <summary>Counts the bytes written to a sink.</summary>
internal sealed class MeteredSink(IItemSink inner, BackupMeter meter) : IItemSink
{
    /// <inheritdoc/>
    public async Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken)
    {
        await inner.WriteImageAsync(name, new MeteredImage(image, meter), cancellationToken);
        meter.AddItem();
    }

    /// <inheritdoc/>
    public async Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    )
    {
        await inner.WriteStreamAsync(
            name,
            expectedBytes,
            (output, token) => produce(new MeteredWriter(output, meter), token),
            cancellationToken
        );
        meter.AddItem();
    }

    private sealed class MeteredImage(IPageImage inner, BackupMeter meter) : IPageImage
    {
        public int PageSize => inner.PageSize;

        public long PageCount => inner.PageCount;

        public bool IsIncompressible => inner.IsIncompressible;

        public void Read(long firstPage, Span<byte> pages)
        {
            inner.Read(firstPage, pages);
            meter.AddRead(pages.Length);
        }
    }

    private sealed class MeteredWriter(PipeWriter inner, BackupMeter meter) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            inner.Advance(bytes);
            meter.AddRead(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
