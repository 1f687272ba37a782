namespace Holdfast.Node.Destinations;

/// <summary>Free space of a destination.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="FreeBytes">Free bytes at that time.</param>
public sealed record DestinationFreeSpace(DateTimeOffset At, long FreeBytes);
