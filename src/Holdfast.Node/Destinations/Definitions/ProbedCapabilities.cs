using Holdfast.Destinations;

namespace Holdfast.Node.Destinations.Definitions;

/// <summary>What a test of a destination found out; kept, because stores that speak one protocol differ.</summary>
/// <param name="Root">Name and address of the root that was tested; for another one they say nothing.</param>
/// <param name="Capabilities">What it can do.</param>
public sealed record ProbedCapabilities(string Root, DestinationCapabilities Capabilities);
