namespace Holdfast.Destinations.S3.Requests;

/// <summary>Properties of an object.</summary>
/// <param name="Length">Its length, in bytes.</param>
/// <param name="ETag">Its ETag, without quotes.</param>
/// <param name="Modified">When it was stored, by the store's clock.</param>
/// <param name="StorageClass">Its storage class; null for the standard one.</param>
internal sealed record S3ObjectInfo(long Length, string ETag, DateTimeOffset? Modified, string? StorageClass)
{
    /// <summary>A time of the SDK.</summary>
    public static DateTimeOffset? Time(DateTime? time) => time is { } t ? new DateTimeOffset(t.ToUniversalTime(), TimeSpan.Zero) : null;
}
