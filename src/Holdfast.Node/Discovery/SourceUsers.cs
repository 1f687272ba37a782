using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Discovery;

/// <summary>Counts the users of a source, and disposes the source when it is detached and the last user has released it.</summary>
/// <param name="attached">The source.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SourceUsers(AttachedSource attached, ILogger logger)
{
    private readonly ILogger _logger = logger;

    // Guards the fields below. Never held while calling the source.
    private readonly Lock _gate = new();
    private int _count = 1; // the monitor is a user, too, until it is disposed
    private bool _isClosed,
        _isDetached;

    /// <summary>Adds a user, which must call <see cref="ReleaseAsync"/>; false if the source is closed.</summary>
    public bool TryAdd()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }
            _count++;
            return true;
        }
    }

    /// <summary>Refuses new users from now on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    /// <summary>Ends the monitor's own use. Only the first call counts. Never throws.</summary>
    public async Task DetachAsync()
    {
        lock (_gate)
        {
            if (_isDetached)
            {
                return;
            }
            _isDetached = true;
        }

        await ReleaseAsync();
    }

    /// <summary>Ends the use of one user; the last one disposes the source. Never throws.</summary>
    public async Task ReleaseAsync()
    {
        lock (_gate)
        {
            if (--_count > 0)
            {
                return;
            }
        }

        try
        {
            await attached.Source.DisposeAsync();
        }
        catch (Exception e)
        {
            LogNotDisposed(e, attached.Name); // nobody uses it any more, so there is nothing else to do
        }
    }

    [LoggerMessage(
        EventId = 5206,
        Level = LogLevel.Warning,
        Message = "Source {Source} was detached, but its connections could not be closed cleanly"
    )]
    private partial void LogNotDisposed(Exception exception, string source);
}
