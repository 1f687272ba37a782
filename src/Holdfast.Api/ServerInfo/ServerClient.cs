using Holdfast.Api.Transport;

namespace Holdfast.Api.ServerInfo;

/// <summary>The server itself.</summary>
public sealed class ServerClient
{
    private readonly ApiSender _api;

    internal ServerClient(ApiSender api) => _api = api;

    /// <summary>Gets the configuration and status of the server.</summary>
    public Task<ServerView> GetAsync(CancellationToken cancellationToken = default) =>
        _api.GetAsync<ServerView>(ServerRoutes.Server, cancellationToken);

    /// <summary>Confirms that the clock is right after a jump.</summary>
    public Task ConfirmClockAsync(CancellationToken cancellationToken = default) =>
        _api.PostAsync(ServerRoutes.ConfirmClock, cancellationToken);

    /// <summary>Copies the state of the server to its data folder.</summary>
    public Task<StateCopyView> CopyStateAsync(CancellationToken cancellationToken = default) =>
        _api.PostAsync<StateCopyView>(ServerRoutes.StateCopies, cancellationToken);
}
