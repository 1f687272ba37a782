using Holdfast.Core.Errors;
using Holdfast.Destinations.Contents;
using Holdfast.Destinations.S3.Requests;

namespace Holdfast.Destinations.S3.Uploads;

/// <summary>Reads and replaces small objects. An object is its ETag's version.</summary>
internal static class Replacement
{
    /// <summary>Reads an object; null if there is none. Of a longer object, one byte more than the maximum is read.</summary>
    public static Task<SmallFile?> ReadAsync(S3Bucket bucket, string key, int maxBytes, CancellationToken cancellationToken) =>
        bucket.Objects.ReadAsync<SmallFile>(
            key,
            0,
            (long)maxBytes + 1,
            async (range, token) =>
            {
                var bytes = new byte[range.Length];
                await range.Content.ReadExactlyAsync(bytes, token);
                return new(bytes, range.ETag);
            },
            cancellationToken
        );

    /// <summary>Replaces an object, and finds out what an unknown outcome is.</summary>
    /// <param name="bucket">Sends the requests.</param>
    /// <param name="path">Path at the destination.</param>
    /// <param name="key">Key of the object.</param>
    /// <param name="content">The new content.</param>
    /// <param name="expected">The ETag that is replaced; <see cref="SmallFile.Absent"/> for a new object; null for any.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The new ETag.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Conflict"/>, or the failure.</exception>
    public static async Task<string?> RunAsync(
        S3Bucket bucket,
        string path,
        string key,
        ReadOnlyMemory<byte> content,
        string? expected,
        CancellationToken cancellationToken
    )
    {
        var md5 = ETag.Hash(content.ToArray());
        using var buffer = new SegmentBuffer();
        buffer.Append(content.Span);
        var isUnknown = false; // whether an earlier attempt may have replaced it
        return await bucket.RetryAsync<string?>(
            $"replacing '{path}'",
            async token =>
            {
                try
                {
                    var etag = string.IsNullOrEmpty(expected) ? null : expected;
                    return await bucket.Objects.PutOnceAsync(key, buffer, md5, expected == SmallFile.Absent, null, token, etag);
                }
                catch (S3Failure e)
                    when (e.Error == ErrorCatalog.TargetExists || (e.Error == ErrorCatalog.NotFound && e.Code == "NoSuchKey"))
                {
                    if (
                        isUnknown
                        && await ReadAsync(bucket, key, content.Length, token) is { } own
                        && own.Bytes.Span.SequenceEqual(content.Span)
                    )
                    {
                        return own.Version;
                    }
                    throw new HoldfastException(
                        ErrorCatalog.Conflict,
                        $"'{bucket.Name}/{path}' has been replaced by another program since it was read.",
                        "Read it again.",
                        e
                    );
                }
                catch (S3Failure e)
                {
                    isUnknown |= e.IsUnknownOutcome;
                    throw;
                }
            },
            cancellationToken
        );
    }
}
