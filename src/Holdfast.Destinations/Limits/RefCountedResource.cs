namespace Holdfast.Destinations.Limits;

/// <summary>
/// A resource with concurrent calls, any of which may hang: if it is closed during calls, the last call that returns disposes it.
/// </summary>
/// <typeparam name="T">Type of the resource.</typeparam>
internal sealed class RefCountedResource<T>
    where T : class, IAsyncDisposable
{
    // Guards the fields below. The resource is disposed outside of the lock, by the one caller that finds it closed and without calls.
    private readonly Lock _gate = new();
    private T? _item;
    private int _calls;
    private bool _isClosed;

    public RefCountedResource() { }

    public RefCountedResource(T item) => _item = item;

    /// <summary>The resource, for properties that need no call.</summary>
    public T Item => _item ?? throw new ObjectDisposedException(typeof(T).Name);

    /// <summary>Sets the resource; if this was closed before, disposes it at once.</summary>
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
    /// <exception cref="ObjectDisposedException">The resource is closed.</exception>
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

    /// <summary>Starts a call, which ends with <see cref="ReleaseAsync"/>.</summary>
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

    /// <summary>Disposes the resource, now or when its last call returns. Further calls have no effect.</summary>
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
