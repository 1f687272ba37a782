using Holdfast.Core.Operations;

namespace Holdfast.Core.Databases;

/// <summary>An outage of a source: it cannot be reached, so none of its databases is backed up.</summary>
/// <param name="Since">When this node first detected the outage; not before the node started.</param>
/// <param name="Problem">Why.</param>
public sealed record SourceOutage(DateTimeOffset Since, OperationError Problem);
