namespace Holdfast.Api.Events;

/// <summary>Events of the server in this process.</summary>
public interface IEventFeed
{
    /// <summary>Reads events until it is cancelled. Returns an empty batch after each heartbeat interval without events.</summary>
    /// <param name="progress">How often the progress of running operations is checked.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<IReadOnlyList<ServerEvent>> ListenAsync(TimeSpan progress, CancellationToken cancellationToken);
}
