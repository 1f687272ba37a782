namespace Holdfast.Node.Destinations;

/// <summary>The room that is left at a destination.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="FreeBytes">Bytes that were free then.</param>
public sealed record DestinationFreeSpace(DateTimeOffset At, long FreeBytes);
