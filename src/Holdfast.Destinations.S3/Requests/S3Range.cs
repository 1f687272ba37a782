namespace Holdfast.Destinations.S3.Requests;

/// <summary>A range of an object that is being read.</summary>
/// <param name="Content">Exactly the bytes of the range; ends early if the connection breaks.</param>
/// <param name="Offset">Offset of its first byte.</param>
/// <param name="Length">Its length, in bytes; shorter than requested at the end of the object.</param>
/// <param name="TotalLength">Length of the object, in bytes.</param>
/// <param name="ETag">ETag of the object, without quotes.</param>
internal sealed record S3Range(Stream Content, long Offset, long Length, long TotalLength, string ETag) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
