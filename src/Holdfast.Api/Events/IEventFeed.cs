namespace Holdfast.Api.Events;

/// <summary>Events of the server in this process.</summary>
public interface IEventFeed
{
    /// <summary>
    /// Listens until it is cancelled. A batch without events comes after each heartbeat interval in which nothing
    /// happened.
    /// </summary>
    /// <param name="progress">How often the progress of running operations is checked.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<IReadOnlyList<ServerEvent>> ListenAsync(TimeSpan progress, CancellationToken cancellationToken);
}
