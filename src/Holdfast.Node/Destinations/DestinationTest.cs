using Holdfast.Core.Operations;

namespace Holdfast.Node.Destinations;

/// <summary>How the last test of a destination went, since this node was started.</summary>
/// <param name="At">When.</param>
/// <param name="FreeBytes">Bytes that were free; null where it could not tell, or did not work.</param>
/// <param name="Problem">What did not work; null where all did.</param>
public sealed record DestinationTest(DateTimeOffset At, long? FreeBytes, OperationError? Problem);
