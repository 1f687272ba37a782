using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Contents;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>Stores, finds, reads and lists objects.</summary>
/// <param name="sender">Sends the requests.</param>
/// <param name="config">The settings.</param>
internal sealed class S3Objects(S3Sender sender, S3Config config)
{
    /// <summary>Stores a small object.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="content">Its content.</param>
    /// <param name="md5">MD5 of the content.</param>
    /// <param name="onlyIfFree">Whether to fail if the key is taken; without effect if the store ignores conditions.</param>
    /// <param name="storageClass">Its storage class; null for the bucket's default.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The ETag.</returns>
    public Task<string> PutAsync(
        string key,
        SegmentBuffer content,
        byte[] md5,
        bool onlyIfFree,
        string? storageClass,
        CancellationToken cancellationToken
    ) =>
        sender.RetryAsync(
            $"uploading '{key}'",
            token => PutOnceAsync(key, content, md5, onlyIfFree, storageClass, token),
            cancellationToken
        );

    /// <summary>Stores a small object with a single attempt: the caller finds out what an unknown outcome is.</summary>
    /// <inheritdoc cref="PutAsync"/>
    /// <remarks>With <c>ifMatch</c>, only the object with this ETag is replaced, if the store honors conditions.</remarks>
    /// <exception cref="S3Failure">The failure.</exception>
    public Task<string> PutOnceAsync(
        string key,
        SegmentBuffer content,
        byte[] md5,
        bool onlyIfFree,
        string? storageClass,
        CancellationToken cancellationToken,
        string? ifMatch = null
    ) =>
        sender.SendOnceAsync(
            async attempt =>
            {
                var request = new PutObjectRequest
                {
                    BucketName = config.Bucket,
                    Key = key,
                    InputStream = attempt.Sending(content.OpenRead()),
                    MD5Digest = Convert.ToBase64String(md5),
                    UseChunkEncoding = false,
                    DisablePayloadSigning = Confirmation.LeavesContentUnsigned(config),
                    DisableDefaultChecksumValidation = config.IsCompatible,
                    IfNoneMatch = onlyIfFree ? "*" : null,
                    IfMatch = ifMatch, // without quotes, which some stores do not take off
                    StorageClass = storageClass,
                    ContentType = "application/octet-stream",
                };
                (request.ServerSideEncryptionMethod, request.ServerSideEncryptionKeyManagementServiceKeyId) = Confirmation.EncryptionOf(
                    config
                );
                var answer = await sender.Client.PutObjectAsync(request, attempt.Token);
                return Confirmation.Prove(config, answer.ETag, answer.ServerSideEncryptionMethod, md5, $"'{key}'");
            },
            null,
            cancellationToken
        );

    /// <summary>Finds an object; null if there is none.</summary>
    public Task<S3ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken) =>
        sender.SendAsync<S3ObjectInfo?>(
            $"looking for '{key}'",
            async attempt =>
            {
                try
                {
                    var answer = await sender.Client.GetObjectMetadataAsync(config.Bucket, key, attempt.Token);
                    return ETag.Unquote(answer.ETag) is { Length: > 0 } etag
                        ? new(answer.ContentLength, etag, S3ObjectInfo.Time(answer.LastModified), answer.StorageClass?.Value)
                        : throw S3Failure.Unverified($"the answer about '{key}' has no ETag");
                }
                catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
                {
                    return null;
                }
            },
            cancellationToken
        );

    /// <summary>
    /// Opens a range of an object; null if there is no such object. An empty object has an empty range. Reading its content may fail with
    /// any exception of a stream: it is for <see cref="RangeStream"/>, which goes on after a failure.
    /// </summary>
    /// <param name="key">Its key.</param>
    /// <param name="offset">Offset of the first byte.</param>
    /// <param name="length">Maximum length, at least 1.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public Task<S3Range?> OpenAsync(string key, long offset, long length, CancellationToken cancellationToken) =>
        OrNullAsync(key, sender.TryOpenAsync<S3Range?>(async a => await OpenRangeAsync(key, offset, length, a), cancellationToken));

    /// <summary>Reads a range of an object as a whole, and again if the connection breaks; null if there is no such object.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="offset">Offset of the first byte.</param>
    /// <param name="length">Maximum length, at least 1.</param>
    /// <param name="read">Reads the content; called for each attempt.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public Task<T?> ReadAsync<T>(
        string key,
        long offset,
        long length,
        Func<S3Range, CancellationToken, Task<T?>> read,
        CancellationToken cancellationToken
    )
        where T : class =>
        OrNullAsync(
            key,
            sender.TrySendAsync<T?>(
                async attempt =>
                {
                    await using var range = await OpenRangeAsync(key, offset, length, attempt);
                    return await read(range, attempt.Token);
                },
                cancellationToken
            )
        );

    /// <summary>
    /// Reads the last bytes of an object, with a range that is counted from its end; null if the store refuses such a range.
    /// </summary>
    public async Task<byte[]?> ReadEndAsync(string key, int length, CancellationToken cancellationToken)
    {
        try
        {
            return await sender.TrySendAsync(
                async attempt =>
                {
                    using var answer = await sender.Client.GetObjectAsync(
                        new GetObjectRequest
                        {
                            BucketName = config.Bucket,
                            Key = key,
                            ByteRange = new($"bytes=-{length}"),
                        },
                        attempt.Token
                    );
                    // Never more than asked for, whatever the store sends.
                    var bytes = new byte[length];
                    await using var content = attempt.Receiving(answer.ResponseStream);
                    return bytes[..await content.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, attempt.Token)];
                },
                cancellationToken
            );
        }
        catch (S3Failure e) when (e.Status is { } status && (int)status < 500 && e.Error != ErrorCatalog.DestinationDenied)
        {
            return null;
        }
        catch (S3Failure e)
        {
            throw e.ToError(sender.Name, $"reading the end of '{key}'");
        }
    }

    /// <summary>Lists objects by pages.</summary>
    /// <param name="prefix">Beginning of their keys.</param>
    /// <param name="recursive">Whether to list all keys rather than one level of folders.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The objects with their keys; folders with a slash at the end and null.</returns>
    public async IAsyncEnumerable<(string Key, S3ObjectInfo? Info)> ListAsync(
        string prefix,
        bool recursive,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        string? token = null;
        do
        {
            var page = await ListPageAsync(prefix, recursive, token, cancellationToken);
            foreach (var folder in page.CommonPrefixes ?? [])
            {
                yield return (folder, null);
            }
            foreach (var o in page.S3Objects ?? [])
            {
                yield return (o.Key, new(o.Size ?? 0, ETag.Unquote(o.ETag), S3ObjectInfo.Time(o.LastModified), o.StorageClass?.Value));
            }
            token = page.IsTruncated == true ? page.NextContinuationToken : null;
        } while (token is not null);
    }

    private Task<ListObjectsV2Response> ListPageAsync(string prefix, bool recursive, string? token, CancellationToken cancellationToken) =>
        sender.SendAsync(
            prefix.Length == 0 ? "listing" : $"listing '{prefix}'",
            async attempt =>
            {
                var answer = await sender.Client.ListObjectsV2Async(
                    new ListObjectsV2Request
                    {
                        BucketName = config.Bucket,
                        Prefix = prefix,
                        Delimiter = recursive ? null : "/",
                        ContinuationToken = token,
                    },
                    attempt.Token
                );
                var isProved =
                    answer.Name == config.Bucket
                    && (answer.Prefix ?? "") == prefix
                    && (answer.CommonPrefixes ?? []).TrueForAll(p => p.StartsWith(prefix, StringComparison.Ordinal))
                    && (answer.S3Objects ?? []).TrueForAll(o => o.Key.StartsWith(prefix, StringComparison.Ordinal))
                    // One that gives the token that was sent would never end.
                    && (
                        answer.IsTruncated != true
                        || !(string.IsNullOrEmpty(answer.NextContinuationToken) || answer.NextContinuationToken == token)
                    );
                return isProved ? answer : throw S3Failure.Unverified("the answer is not a listing of the bucket and prefix");
            },
            cancellationToken
        );

    private async Task<T?> OrNullAsync<T>(string key, Task<T?> request)
        where T : class
    {
        try
        {
            return await request;
        }
        catch (S3Failure e) when (e.Error == ErrorCatalog.NotFound && e.Code != "NoSuchBucket")
        {
            return null;
        }
        catch (S3Failure e)
        {
            throw e.ToError(sender.Name, $"reading '{key}'");
        }
    }

    private async Task<S3Range> OpenRangeAsync(string key, long offset, long length, RequestAttempt attempt)
    {
        GetObjectResponse? answer = null;
        try
        {
            answer = await sender.Client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = config.Bucket,
                    Key = key,
                    ByteRange = new(offset, offset + length - 1),
                },
                attempt.Token
            );
            var range = ContentRangeHeaderValue.TryParse(answer.ContentRange, out var parsed) ? parsed : null;
            if (offset == 0 && (answer.ContentLength == 0 || answer.ContentRange?.EndsWith("/0", StringComparison.Ordinal) == true))
            {
                answer.Dispose();
                return await OpenEmptyAsync(key, attempt);
            }
            var isProved =
                answer.HttpStatusCode == HttpStatusCode.PartialContent
                && range?.From == offset
                && range.Length is { } total
                && range.To == Math.Min(offset + length, total) - 1
                && answer.ContentLength == range.To + 1 - offset;
            if (!isProved)
            {
                throw S3Failure.Unverified(
                    $"the store answered another range than bytes {offset}-{offset + length - 1}: "
                        + $"status {(int)answer.HttpStatusCode}, range '{answer.ContentRange}'"
                );
            }
            return new(
                attempt.Receiving(answer.ResponseStream),
                offset,
                answer.ContentLength,
                range!.Length!.Value,
                ETag.Unquote(answer.ETag)
            );
        }
        catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && offset == 0)
        {
            return await OpenEmptyAsync(key, attempt);
        }
        catch
        {
            answer?.Dispose();
            throw;
        }
    }

    // An empty object has no range; stores answer 416, or 206 with nothing, or with "0-0/0". That it is empty has to be said again.
    private async Task<S3Range> OpenEmptyAsync(string key, RequestAttempt attempt)
    {
        var empty = await sender.Client.GetObjectMetadataAsync(config.Bucket, key, attempt.Token);
        return empty.ContentLength == 0
            ? new(attempt.Receiving(Stream.Null), 0, 0, 0, ETag.Unquote(empty.ETag))
            : throw S3Failure.Unverified($"the store cannot read from the beginning of '{key}'");
    }
}
