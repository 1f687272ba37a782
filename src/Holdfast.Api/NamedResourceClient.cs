using System.Text.Json.Nodes;
using Holdfast.Api.Transport;

namespace Holdfast.Api;

/// <summary>A client of resources that operators define by name.</summary>
/// <typeparam name="TRequest">Type of the definitions.</typeparam>
/// <typeparam name="TView">Type of the resources.</typeparam>
public abstract class NamedResourceClient<TRequest, TView>
{
    private readonly string _list;
    private readonly string _item;

    /// <summary>Creates a client for the routes of a list and of its items.</summary>
    private protected NamedResourceClient(ApiSender api, string list, string item) => (Api, _list, _item) = (api, list, item);

    private protected ApiSender Api { get; }

    /// <summary>Lists all resources.</summary>
    public Task<IReadOnlyList<TView>> ListAsync(CancellationToken cancellationToken = default) =>
        Api.ListAsync<TView>(_list, cancellationToken);

    /// <summary>Gets a resource.</summary>
    public Task<Versioned<TView>> GetAsync(string name, CancellationToken cancellationToken = default) =>
        Api.GetVersionedAsync<TView>(ItemPath(name), cancellationToken);

    /// <summary>Gets a resource; returns null if none has this name.</summary>
    public Task<Versioned<TView>?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        Api.FindAsync<TView>(ItemPath(name), cancellationToken);

    /// <summary>Creates or changes a resource.</summary>
    public Task<Versioned<TView>> PutAsync(
        string name,
        TRequest definition,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) => Api.PutAsync<TRequest, TView>(ItemPath(name), definition, condition, cancellationToken);

    /// <summary>
    /// Creates or changes a resource from JSON, sent unchanged. The server reports every error in it, and may know
    /// members that this version does not.
    /// </summary>
    public Task<Versioned<TView>> PutDocumentAsync(
        string name,
        JsonObject definition,
        EditCondition? condition = null,
        CancellationToken cancellationToken = default
    ) => Api.PutAsync<JsonObject, TView>(ItemPath(name), definition, condition, cancellationToken);

    /// <summary>Deletes a resource. Stored backups remain.</summary>
    public Task DeleteAsync(string name, EditCondition? condition = null, CancellationToken cancellationToken = default) =>
        Api.DeleteAsync(ItemPath(name), condition, cancellationToken);

    private string ItemPath(string name) => ApiRoutes.Expand(_item, name);
}
