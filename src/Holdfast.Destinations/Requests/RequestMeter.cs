namespace Holdfast.Destinations.Requests;

/// <summary>Counts requests and bytes. Thread-safe.</summary>
public sealed class RequestMeter
{
    private readonly long[] _requests = new long[Enum.GetValues<RequestKind>().Length];
    private long _sent;
    private long _received;

    /// <summary>The counts since the meter was created.</summary>
    public RequestCounts Counts =>
        new(
            Read(RequestKind.Put),
            Read(RequestKind.List),
            Read(RequestKind.Get),
            Read(RequestKind.Delete),
            Interlocked.Read(ref _sent),
            Interlocked.Read(ref _received)
        );

    /// <summary>Counts a request that goes out, also one that is repeated.</summary>
    public void AddRequest(RequestKind kind) => Interlocked.Increment(ref _requests[(int)kind]);

    /// <summary>Counts bytes of a request's content.</summary>
    public void AddSent(long bytes) => Interlocked.Add(ref _sent, bytes);

    /// <summary>Counts bytes of an answer's content.</summary>
    public void AddReceived(long bytes) => Interlocked.Add(ref _received, bytes);

    private long Read(RequestKind kind) => Interlocked.Read(ref _requests[(int)kind]);
}
