using Holdfast.Api;
using Holdfast.Api.Operations;
using Holdfast.Node.Operations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Holdfast.Server.Endpoints.Operations;

/// <summary>
/// Answers with operations that were begun: their ids are told only when they are stored, so that they are known after
/// a crash, too.
/// </summary>
internal static class AcceptedOperation
{
    public static async Task<Accepted<OperationIdView>> RespondAsync(
        OperationStore operations,
        string id,
        CancellationToken cancellationToken
    )
    {
        await operations.WaitUntilStoredAsync(id, cancellationToken);
        return TypedResults.Accepted(ApiRoutes.BasePath + ApiRoutes.Expand(OperationRoutes.Item, id), new OperationIdView(id));
    }

    public static async Task<Accepted<OperationIdsView>> RespondAllAsync(
        OperationStore operations,
        IReadOnlyList<string> ids,
        string? runId,
        CancellationToken cancellationToken
    )
    {
        foreach (var id in ids)
        {
            await operations.WaitUntilStoredAsync(id, cancellationToken);
        }
        return TypedResults.Accepted((string?)null, new OperationIdsView(ids) { RunId = runId });
    }
}
