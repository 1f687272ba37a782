using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>
/// Interrupts SQLite when it exceeds its time limit. A timer does this because SQLite can be busy without calling back:
/// views that refer to each other are expanded while a statement is compiled, and double with each level.
/// </summary>
internal sealed class WorkBudget : IDisposable
{
    private readonly LoadLimits _limits;
    private readonly ITimer _timer;

    // Guards the fields below. Holding it while interrupting ensures that no connection is interrupted while it is
    // being closed: connections are removed under the gate before their owner closes them.
    private readonly Lock _gate = new();
    private readonly List<nint> _connections = [];
    private TimeSpan _allowed;
    private TimeSpan _spent;
    private long _since;
    private bool _isRunning;

    /// <summary>Starts with no time spent.</summary>
    public WorkBudget(LoadLimits limits, params ReadOnlySpan<nint> connections)
    {
        (_limits, _allowed) = (limits, limits.GetMaxTime(0));
        _connections.AddRange(connections);
        _timer = limits.TimeProvider.CreateTimer(_ => CheckBudget(), null, limits.PollInterval, limits.PollInterval);
    }

    /// <summary>Whether the limit was exceeded and SQLite was interrupted.</summary>
    public bool WasInterrupted { get; private set; }

    /// <summary>
    /// Whether the limit was exceeded, even if nothing was interrupted: SQLite does not check for interrupts in a short
    /// statement, however long a function in it takes.
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

    /// <summary>Watches another connection, which must not be closed before this is disposed.</summary>
    public void Watch(nint connection)
    {
        lock (_gate)
        {
            _connections.Add(connection);
        }
    }

    /// <summary>Starts counting time, until <see cref="Pause"/>.</summary>
    /// <param name="scriptBytes">Length of the script, or size of the database that is being dumped, in bytes.</param>
    public void Resume(long scriptBytes)
    {
        lock (_gate)
        {
            (_allowed, _since, _isRunning) = (_limits.GetMaxTime(scriptBytes), _limits.TimeProvider.GetTimestamp(), true);
        }
    }

    /// <summary>Stops counting time while the next bytes of the script are awaited.</summary>
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

    // Repeated at each tick: the statements that follow are interrupted as well, including those that SQLite starts by
    // itself.
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
