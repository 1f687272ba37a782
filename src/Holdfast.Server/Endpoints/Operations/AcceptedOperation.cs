using Holdfast.Api;
using Holdfast.Api.Operations;
using Holdfast.Node.Operations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Holdfast.Server.Endpoints.Operations;

/// <summary>
/// Answers with the ids of started operations. The ids are sent only after the operations are stored, so that they are
/// still known after a crash.
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
