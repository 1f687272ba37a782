namespace Holdfast.Node.Places;

/// <summary>The room that is left at a destination.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="FreeBytes">Bytes that were free then.</param>
public sealed record DestinationRoom(DateTimeOffset At, long FreeBytes);
