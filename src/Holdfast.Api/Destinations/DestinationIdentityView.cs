using Holdfast.Core.Operations;

namespace Holdfast.Api.Destinations;

/// <summary>The identity of a destination on one node.</summary>
/// <param name="Node">Tag of the node.</param>
/// <param name="Id">The identity that its root must have, 32 hex digits; null where it has none yet.</param>
/// <param name="Problem">What was wrong with it when it was looked at last, at most a minute ago; null where nothing was.</param>
public sealed record DestinationIdentityView(string Node, string? Id, OperationError? Problem);
