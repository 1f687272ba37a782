using Holdfast.Api.Transport;

namespace Holdfast.Api.Access;

/// <summary>API tokens.</summary>
public sealed class TokensClient
{
    private readonly ApiSender _api;

    internal TokensClient(ApiSender api) => _api = api;

    /// <summary>All tokens.</summary>
    public Task<IReadOnlyList<TokenView>> ListAsync(CancellationToken cancellationToken = default) =>
        _api.ListAsync<TokenView>(TokenRoutes.List, cancellationToken);

    /// <summary>Creates a token, which the answer alone shows.</summary>
    public Task<TokenView> CreateAsync(TokenRequest request, CancellationToken cancellationToken = default) =>
        _api.PostAsync<TokenRequest, TokenView>(TokenRoutes.List, request, cancellationToken);

    /// <summary>Deletes a token.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(TokenRoutes.Item, id), null, cancellationToken);
}
