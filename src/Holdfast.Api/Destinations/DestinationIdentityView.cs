using Holdfast.Core.Operations;

namespace Holdfast.Api.Destinations;

/// <summary>The identity of a destination on one node.</summary>
/// <param name="Node">Tag of the node.</param>
/// <param name="Id">The identity that its root must have, 32 hex digits; null if it has none yet.</param>
/// <param name="Problem">The problem found by the last check, at most a minute ago; null if there was none.</param>
public sealed record DestinationIdentityView(string Node, string? Id, OperationError? Problem);
