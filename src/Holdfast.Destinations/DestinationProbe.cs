namespace Holdfast.Destinations;

/// <summary>What a test of a destination found out.</summary>
/// <param name="Capabilities">What the destination can really do.</param>
/// <param name="FreeBytes">Free space, in bytes; null if unknown.</param>
/// <param name="Notes">What an operator should know, as sentences; empty if there is nothing.</param>
public sealed record DestinationProbe(DestinationCapabilities Capabilities, long? FreeBytes, IReadOnlyList<string> Notes);
