using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints.Copies;

/// <summary>A file with copies at several destinations. A read that fails is repeated with the next copy.</summary>
internal sealed class CopiesSource : IByteSource
{
    private readonly CopiesDestination _destination;
    private readonly string _path;

    // Only one reader switches; the others wait and then find another copy.
    private readonly SemaphoreSlim _switching = new(1, 1);
    private readonly List<IByteSource> _opened = []; // all copies so far: others may still be reading from an earlier one
    private volatile Current _current;
    private bool _isDisposed; // guarded by _switching

    public CopiesSource(CopiesDestination destination, string path, RestorePointLocation location, IByteSource first)
    {
        (_destination, _path, _current) = (destination, path, new(0, location, first));
        Length = first.Length;
        _opened.Add(first);
    }

    private sealed record Current(int Copy, RestorePointLocation Location, IByteSource Source);

    /// <inheritdoc/>
    public string Name => _current.Source.Name;

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool IsRemote => _current.Source.IsRemote;

    /// <inheritdoc/>
    public int Copy => _current.Copy;

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var from = _current;
            try
            {
                await from.Source.ReadAsync(offset, buffer, cancellationToken);
                return;
            }
            catch (HoldfastException e) when (RestorePointOpener.IsCopyFailure(e) && !cancellationToken.IsCancellationRequested)
            {
                if (!await TryNextCopyAsync(from.Copy, e, cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        while (true)
        {
            var from = _current;
            try
            {
                return new CopiesStream(
                    this,
                    from.Copy,
                    await from.Source.OpenReadAsync(offset, length, cancellationToken),
                    offset,
                    length
                );
            }
            catch (HoldfastException e) when (RestorePointOpener.IsCopyFailure(e) && !cancellationToken.IsCancellationRequested)
            {
                if (!await TryNextCopyAsync(from.Copy, e, cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryNextCopyAsync(int damaged, HoldfastException problem, CancellationToken cancellationToken)
    {
        await _switching.WaitAsync(cancellationToken);
        try
        {
            if (damaged < _current.Copy)
            {
                return true;
            }
            _destination.Copies.AddFailure(_current.Location, _path, problem);
            return _isDisposed ? _destination.HasRemaining(_path) : await TrySwitchAsync(cancellationToken);
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _switching.WaitAsync();
        _isDisposed = true;
        _switching.Release();
        foreach (var source in _opened)
        {
            await source.DisposeAsync();
        }
    }

    private async Task<bool> TrySwitchAsync(CancellationToken cancellationToken)
    {
        while ((await _destination.TryOpenAsync(_path, cancellationToken)).Opened is { } next)
        {
            _opened.Add(next.Source);
            if (next.Source.Length == Length)
            {
                _current = new(_current.Copy + 1, next.Location, next.Source);
                return true;
            }
            _destination.Copies.AddFailure(
                next.Location,
                _path,
                new(
                    ErrorCatalog.Truncated,
                    $"'{next.Source.Name}' has {next.Source.Length} bytes instead of {Length}.",
                    "It was truncated or replaced after it was written."
                )
            );
        }
        return false;
    }
}
