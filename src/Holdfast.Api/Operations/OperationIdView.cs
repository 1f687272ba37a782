namespace Holdfast.Api.Operations;

/// <summary>The operation that a request started. <c>GET /api/v1/operations/ID</c> reports its progress.</summary>
/// <param name="OperationId">Id of the operation.</param>
public sealed record OperationIdView(string OperationId);
