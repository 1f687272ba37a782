using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Node.RestorePoints.Copies;

/// <summary>A range of a file with several copies. When one fails in the middle, the rest comes from the next.</summary>
/// <param name="source">The file.</param>
/// <param name="copy">Number of the copy that is read.</param>
/// <param name="stream">The range of that copy; owned.</param>
/// <param name="offset">Offset of the range.</param>
/// <param name="length">Its length, in bytes.</param>
internal sealed class CopiesStream(CopiesSource source, int copy, Stream stream, long offset, long length) : ForwardStream(length)
{
    private int _copy = copy;
    private Stream _stream = stream;

    /// <inheritdoc/>
    protected override async ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await _stream.ReadAsync(buffer, cancellationToken);
            }
            catch (HoldfastException e) when (RestorePointOpener.IsCopyFailure(e) && !cancellationToken.IsCancellationRequested)
            {
                if (!await source.TryNextCopyAsync(_copy, e, cancellationToken))
                {
                    throw;
                }
            }
            await _stream.DisposeAsync();
            _copy = source.Copy;
            _stream = await source.OpenReadAsync(offset + Position, Length - Position, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask CloseAsync() => _stream.DisposeAsync();
}
