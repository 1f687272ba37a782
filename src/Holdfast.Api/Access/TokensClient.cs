using Holdfast.Api.Transport;

namespace Holdfast.Api.Access;

/// <summary>API tokens.</summary>
public sealed class TokensClient
{
    private readonly ApiSender _api;

    internal TokensClient(ApiSender api) => _api = api;

    /// <summary>Lists all tokens.</summary>
    public Task<IReadOnlyList<TokenView>> ListAsync(CancellationToken cancellationToken = default) =>
        _api.ListAsync<TokenView>(TokenRoutes.List, cancellationToken);

    /// <summary>Creates a token. Only the answer to this request contains the token itself.</summary>
    public Task<TokenView> CreateAsync(TokenRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<TokenRequest, TokenView>(TokenRoutes.List, request, cancellationToken);

    /// <summary>Deletes a token, which becomes invalid at once.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(TokenRoutes.Item, id), null, cancellationToken);
}
