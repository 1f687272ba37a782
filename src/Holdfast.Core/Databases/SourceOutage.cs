using Holdfast.Core.Operations;

namespace Holdfast.Core.Databases;

/// <summary>A source cannot be reached: no backup of its databases runs.</summary>
/// <param name="Since">Since when, as far as this node has seen it: not before it was started.</param>
/// <param name="Problem">Why.</param>
public sealed record SourceOutage(DateTimeOffset Since, OperationError Problem);
