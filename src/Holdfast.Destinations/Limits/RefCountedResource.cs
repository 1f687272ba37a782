namespace Holdfast.Destinations.Limits;

/// <summary>
/// Something that calls are in, of which one may hang: when it is closed meanwhile, the last call that returns closes
/// it.
/// </summary>
/// <typeparam name="T">Its type.</typeparam>
internal sealed class RefCountedResource<T>
    where T : class, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private T? _item;
    private int _calls;
    private bool _isClosed;

    public RefCountedResource() { }

    public RefCountedResource(T item) => _item = item;

    /// <summary>It, as it is: for what does no call.</summary>
    public T Item => _item ?? throw new ObjectDisposedException(typeof(T).Name);

    /// <summary>Puts it here; one that was closed before it came is closed at once.</summary>
    public async Task SetAsync(T item)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _item = item;
                return;
            }
        }

        await item.DisposeAsync();
    }

    /// <summary>Runs a call.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public async Task<TResult> UseAsync<TResult>(Func<T, Task<TResult>> call)
    {
        var item = Acquire();
        try
        {
            return await call(item);
        }
        finally
        {
            await ReleaseAsync();
        }
    }

    /// <summary>Begins a call, which ends with <see cref="ReleaseAsync"/>.</summary>
    public T Acquire()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _calls++;
            return Item;
        }
    }

    /// <summary>Ends a call.</summary>
    public async Task ReleaseAsync()
    {
        lock (_gate)
        {
            _calls--;
            if (_calls > 0 || !_isClosed)
            {
                return;
            }
        }

        await Item.DisposeAsync();
    }

    /// <summary>Closes it: now, or when the last call that is in it returns. Once.</summary>
    public async Task CloseAsync()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }
            _isClosed = true;
            if (_calls > 0 || _item is null)
            {
                return;
            }
        }

        await Item.DisposeAsync();
    }
}
