namespace Holdfast.Api.Destinations;

/// <summary>Requests to a destination since the node was started, as stores bill them.</summary>
/// <param name="Puts">Number of writes.</param>
/// <param name="Lists">Number of listings.</param>
/// <param name="Gets">Number of reads.</param>
/// <param name="Deletes">Number of deletions.</param>
/// <param name="BytesSent">Bytes of content sent, including those that were sent again.</param>
/// <param name="BytesReceived">Bytes of content received.</param>
public sealed record DestinationRequestsView(long Puts, long Lists, long Gets, long Deletes, long BytesSent, long BytesReceived);
