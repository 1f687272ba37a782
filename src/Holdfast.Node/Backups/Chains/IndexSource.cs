using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Backups.Chains;

/// <summary>
/// The index of a chain, as a backup reads it. Any failure to read it becomes <see cref="ErrorCatalog.Unreadable"/>: a backup can
/// do without the index by becoming full, so its failure must not look like one of the destination that the backup is written to.
/// </summary>
/// <param name="inner">The file.</param>
internal sealed class IndexSource(IByteSource inner) : IByteSource
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public long Length => inner.Length;

    /// <inheritdoc/>
    public bool IsRemote => inner.IsRemote;

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            await inner.ReadAsync(offset, buffer, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not HoldfastException { IsDamage: true })
        {
            throw new HoldfastException(
                ErrorCatalog.Unreadable,
                $"'{Name}' cannot be read: {e.Message}",
                (e as HoldfastException)?.Hint,
                e
            );
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
