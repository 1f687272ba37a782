using Holdfast.Archive.Items;

namespace Holdfast.Node.Restores;

/// <summary>Counts the bytes that are read from a restore point.</summary>
internal sealed class MeteredSource(IItemSource inner, RestoreMeter meter) : IItemSource
{
    /// <inheritdoc/>
    public IReadOnlyList<ItemInfo> Items => inner.Items;

    /// <inheritdoc/>
    public async Task CopyStreamAsync(
        string name,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
    {
        await inner.CopyStreamAsync(
            name,
            async (bytes, token) =>
            {
                await output(bytes, token);
                meter.AddWritten(bytes.Length);
            },
            cancellationToken
        );
        meter.AddItem();
    }

    /// <inheritdoc/>
    public async Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken)
    {
        await inner.CopyImageAsync(name, new Target(target, meter), cancellationToken);
        meter.AddItem();
    }

    private sealed class Target(IPageTarget inner, RestoreMeter meter) : IPageTarget
    {
        public void SetLength(long length) => inner.SetLength(length);

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            inner.Write(offset, bytes);
            meter.AddWritten(bytes.Length);
        }

        public void Read(long offset, Span<byte> bytes) => inner.Read(offset, bytes);
    }
}
