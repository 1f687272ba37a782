using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>
/// Ends what SQLite does for longer than it may. A timer looks, for SQLite can be busy without asking anybody: views
/// that name each other are written out
/// as a statement is compiled, and double with each.
/// </summary>
internal sealed class WorkBudget : IDisposable
{
    private readonly LoadLimits _limits;
    private readonly ITimer _timer;

    // Guards what follows, and that no connection is interrupted that is being closed.
    private readonly Lock _gate = new();
    private readonly List<nint> _connections = [];
    private TimeSpan _allowed;
    private TimeSpan _spent;
    private long _since;
    private bool _isRunning;

    /// <summary>Starts with nothing spent.</summary>
    public WorkBudget(LoadLimits limits, params ReadOnlySpan<nint> connections)
    {
        (_limits, _allowed) = (limits, limits.GetMaxTime(0));
        _connections.AddRange(connections);
        _timer = limits.TimeProvider.CreateTimer(_ => CheckBudget(), null, limits.PollInterval, limits.PollInterval);
    }

    /// <summary>Whether more was asked for than was allowed, and SQLite was interrupted.</summary>
    public bool WasInterrupted { get; private set; }

    /// <summary>
    /// The same, also where nothing was interrupted: a short statement ends without asking, however long a function in
    /// it takes.
    /// </summary>
    public bool IsExceeded
    {
        get
        {
            lock (_gate)
            {
                return WasInterrupted || _spent > _allowed;
            }
        }
    }

    /// <summary>Watches another connection too; it must not be closed before this is disposed.</summary>
    public void Watch(nint connection)
    {
        lock (_gate)
        {
            _connections.Add(connection);
        }
    }

    /// <summary>Counts from now on, until <see cref="Pause"/>.</summary>
    /// <param name="scriptBytes">Bytes of the script, or of the database that one is made of.</param>
    public void Resume(long scriptBytes)
    {
        lock (_gate)
        {
            (_allowed, _since, _isRunning) = (_limits.GetMaxTime(scriptBytes), _limits.TimeProvider.GetTimestamp(), true);
        }
    }

    /// <summary>Counts no more: the script's next bytes are waited for.</summary>
    public void Pause()
    {
        lock (_gate)
        {
            if (_isRunning)
            {
                _spent += _limits.TimeProvider.GetElapsedTime(_since);
            }
            _isRunning = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _connections.Clear();
        }
        _timer.Dispose();
    }

    // Again and again: each statement that follows is interrupted as well, also those that SQLite begins by itself.
    private void CheckBudget()
    {
        lock (_gate)
        {
            if (!_isRunning || _spent + _limits.TimeProvider.GetElapsedTime(_since) <= _allowed)
            {
                return;
            }
            WasInterrupted = true;
            foreach (var connection in _connections)
            {
                sqlite3_interrupt(connection);
            }
        }
    }
}
