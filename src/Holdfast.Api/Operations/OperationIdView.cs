namespace Holdfast.Api.Operations;

/// <summary>An operation that was begun: <c>GET /api/v1/operations/ID</c> tells how it goes.</summary>
/// <param name="OperationId">Its id.</param>
public sealed record OperationIdView(string OperationId);
