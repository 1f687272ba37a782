namespace Holdfast.Destinations.Requests;

/// <summary>Requests and bytes that a destination has cost.</summary>
/// <param name="Puts">Number of writes.</param>
/// <param name="Lists">Number of listings.</param>
/// <param name="Gets">Number of reads.</param>
/// <param name="Deletes">Number of deletions.</param>
/// <param name="BytesSent">Bytes of content sent, including those that were sent again.</param>
/// <param name="BytesReceived">Bytes of content received.</param>
public sealed record RequestCounts(long Puts, long Lists, long Gets, long Deletes, long BytesSent, long BytesReceived)
{
    /// <summary>The sum with other counts.</summary>
    public RequestCounts Plus(RequestCounts other) =>
        new(
            Puts + other.Puts,
            Lists + other.Lists,
            Gets + other.Gets,
            Deletes + other.Deletes,
            BytesSent + other.BytesSent,
            BytesReceived + other.BytesReceived
        );

    /// <summary>The difference to earlier counts.</summary>
    public RequestCounts Since(RequestCounts earlier) =>
        new(
            Puts - earlier.Puts,
            Lists - earlier.Lists,
            Gets - earlier.Gets,
            Deletes - earlier.Deletes,
            BytesSent - earlier.BytesSent,
            BytesReceived - earlier.BytesReceived
        );
}
