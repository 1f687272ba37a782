namespace Holdfast.Server.Endpoints;

/// <summary>Operations that were begun.</summary>
/// <param name="OperationIds">Their ids.</param>
public sealed record OperationsView(IReadOnlyList<string> OperationIds);
