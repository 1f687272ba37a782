using Holdfast.Api.Transport;

namespace Holdfast.Api.Access;

/// <summary>Users.</summary>
public sealed class UsersClient
{
    private readonly ApiSender _api;

    internal UsersClient(ApiSender api) => _api = api;

    /// <summary>All users.</summary>
    public Task<IReadOnlyList<UserView>> ListAsync(CancellationToken cancellationToken = default) =>
        _api.ListAsync<UserView>(UserRoutes.List, cancellationToken);

    /// <summary>One user.</summary>
    public Task<Versioned<UserView>> GetAsync(string name, CancellationToken cancellationToken = default) =>
        _api.GetVersionedAsync<UserView>(ApiRoutes.Expand(UserRoutes.Item, name), cancellationToken);

    /// <summary>One user; null where there is none of this name.</summary>
    public Task<Versioned<UserView>?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        _api.FindAsync<UserView>(ApiRoutes.Expand(UserRoutes.Item, name), cancellationToken);

    /// <summary>Creates or changes a user.</summary>
    public Task<Versioned<UserView>> PutAsync(
        string name,
        UserRequest request,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) => _api.PutAsync<UserRequest, UserView>(ApiRoutes.Expand(UserRoutes.Item, name), request, condition, cancellationToken);

    /// <summary>Deletes a user.</summary>
    public Task DeleteAsync(string name, EditCondition? condition = null, CancellationToken cancellationToken = default) =>
        _api.DeleteAsync(ApiRoutes.Expand(UserRoutes.Item, name), condition, cancellationToken);
}
