using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>What an opened destination has to correspond to.</summary>
/// <param name="Config">Its definition.</param>
/// <param name="Identity">The identity that it must have; null if it has none yet.</param>
/// <param name="Capabilities">What a test has found out; null if none was made.</param>
internal sealed record DefinedDestination(DestinationConfig Config, string? Identity, DestinationCapabilities? Capabilities);
