namespace Holdfast.Server.Endpoints;

/// <summary>A destination works.</summary>
/// <param name="FreeBytes">Bytes that are free there; null where it cannot tell.</param>
public sealed record DestinationTestView(long? FreeBytes);
