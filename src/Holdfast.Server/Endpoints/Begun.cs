using Holdfast.Node;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Holdfast.Server.Endpoints;

/// <summary>
/// Answers with operations that were begun: their ids are told only when they are stored, so that they are known after
/// a crash, too.
/// </summary>
internal static class Begun
{
    public static async Task<Accepted<OperationIdView>> OneAsync(HoldfastNode node, string id, CancellationToken cancellationToken)
    {
        await node.Operations.StoredAsync(id, cancellationToken);
        return TypedResults.Accepted($"{HoldfastServer.ApiPath}/operations/{id}", new OperationIdView(id));
    }

    public static async Task<Accepted<OperationsView>> AllAsync(
        HoldfastNode node,
        IReadOnlyList<string> ids,
        string? runId,
        CancellationToken cancellationToken
    )
    {
        foreach (var id in ids)
        {
            await node.Operations.StoredAsync(id, cancellationToken);
        }
        return TypedResults.Accepted((string?)null, new OperationsView(ids) { RunId = runId });
    }
}
