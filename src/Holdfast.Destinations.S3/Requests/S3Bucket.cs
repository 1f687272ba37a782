using System.Globalization;
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

/// <summary>
/// The requests to one bucket. No answer counts without proof: an ETag that is our MD5 or at least not empty, a listing that names our
/// bucket and prefix, a range that is the one asked for. All failures are <see cref="HoldfastException"/>s.
/// </summary>
/// <param name="client">The SDK's client.</param>
/// <param name="config">The settings.</param>
/// <param name="pipeline">Sends the requests.</param>
/// <param name="limits">Time limits.</param>
internal sealed class S3Bucket(IAmazonS3 client, S3Config config, RequestPipeline pipeline, RequestLimits limits) : IDisposable
{
    // Hashing the payload for the signature is left out where TLS protects it. The SDK refuses to over plain HTTP.
    private readonly bool _isTls = config.Endpoint?.Scheme != Uri.UriSchemeHttp;

    /// <summary>Name for messages.</summary>
    public string Name => config.Url;

    /// <summary>Whether ETags of single parts are the MD5 of the content: not with a key of the key management service.</summary>
    private bool HasMd5ETags => config.Encryption != ServerSideEncryption.Kms;

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
    ) => RetryAsync($"uploading '{key}'", token => PutOnceAsync(key, content, md5, onlyIfFree, storageClass, token), cancellationToken);

    /// <summary>Stores a small object with a single attempt: the caller finds out what an unknown outcome is.</summary>
    /// <inheritdoc cref="PutAsync"/>
    /// <exception cref="S3Failure">The failure.</exception>
    public Task<string> PutOnceAsync(
        string key,
        SegmentBuffer content,
        byte[] md5,
        bool onlyIfFree,
        string? storageClass,
        CancellationToken cancellationToken
    ) =>
        SendOnceAsync(
            async attempt =>
            {
                var request = new PutObjectRequest
                {
                    BucketName = config.Bucket,
                    Key = key,
                    InputStream = attempt.Sending(content.OpenRead()),
                    MD5Digest = Convert.ToBase64String(md5),
                    UseChunkEncoding = false,
                    DisablePayloadSigning = _isTls,
                    DisableDefaultChecksumValidation = config.IsCompatible,
                    IfNoneMatch = onlyIfFree ? "*" : null,
                    StorageClass = storageClass,
                    ContentType = "application/octet-stream",
                };
                (request.ServerSideEncryptionMethod, request.ServerSideEncryptionKeyManagementServiceKeyId) = Encryption();
                var answer = await client.PutObjectAsync(request, attempt.Token);
                return Prove(answer.ETag, md5, $"'{key}'");
            },
            limits.IdleTimeout,
            cancellationToken
        );

    /// <summary>Starts an upload in parts.</summary>
    /// <returns>Its id.</returns>
    public Task<string> StartUploadAsync(string key, string? storageClass, CancellationToken cancellationToken) =>
        SendAsync(
            RequestKind.Put,
            $"starting the upload of '{key}'",
            async attempt =>
            {
                var request = new InitiateMultipartUploadRequest
                {
                    BucketName = config.Bucket,
                    Key = key,
                    StorageClass = storageClass,
                    ContentType = "application/octet-stream",
                };
                (request.ServerSideEncryptionMethod, request.ServerSideEncryptionKeyManagementServiceKeyId) = Encryption();
                var answer = await client.InitiateMultipartUploadAsync(request, attempt.Token);
                return answer.Key == key && !string.IsNullOrEmpty(answer.UploadId)
                    ? answer.UploadId
                    : throw S3Failure.Unverified("the store answered without starting an upload");
            },
            cancellationToken
        );

    /// <summary>Stores a part of an upload.</summary>
    public Task<S3Part> PutPartAsync(
        string key,
        string uploadId,
        int number,
        SegmentBuffer content,
        byte[] md5,
        CancellationToken cancellationToken
    ) =>
        SendAsync(
            RequestKind.Put,
            $"uploading part {number} of '{key}'",
            async attempt =>
            {
                var answer = await client.UploadPartAsync(
                    new UploadPartRequest
                    {
                        BucketName = config.Bucket,
                        Key = key,
                        UploadId = uploadId,
                        PartNumber = number,
                        InputStream = attempt.Sending(content.OpenRead()),
                        PartSize = content.Length,
                        MD5Digest = Convert.ToBase64String(md5),
                        UseChunkEncoding = false,
                        DisablePayloadSigning = _isTls,
                        DisableDefaultChecksumValidation = config.IsCompatible,
                    },
                    attempt.Token
                );
                return new S3Part(number, content.Length, Prove(answer.ETag, md5, $"part {number} of '{key}'"));
            },
            cancellationToken
        );

    /// <summary>
    /// Makes an object of the parts. A single attempt: the caller finds out what an unknown outcome is, see <see cref="S3Failure"/>.
    /// </summary>
    /// <returns>The ETag.</returns>
    /// <exception cref="S3Failure">The failure.</exception>
    public Task<string> CompleteOnceAsync(
        string key,
        string uploadId,
        IReadOnlyList<S3Part> parts,
        bool onlyIfFree,
        CancellationToken cancellationToken
    ) =>
        SendOnceAsync(
            async attempt =>
            {
                var answer = await client.CompleteMultipartUploadAsync(
                    new CompleteMultipartUploadRequest
                    {
                        BucketName = config.Bucket,
                        Key = key,
                        UploadId = uploadId,
                        PartETags = [.. parts.Select(p => new PartETag(p.Number, p.ETag))],
                        IfNoneMatch = onlyIfFree ? "*" : null,
                    },
                    attempt.Token
                );
                return Unquote(answer.ETag) is { Length: > 0 } etag
                    ? etag
                    : throw S3Failure.Unverified("the store answered without completing the upload");
            },
            limits.CompleteTimeout,
            cancellationToken
        );

    /// <summary>Does something that consists of several requests, and again after temporary failures.</summary>
    /// <param name="action">What is done, for errors.</param>
    /// <param name="attempt">Does it once; fails with <see cref="S3Failure"/>.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<T> RetryAsync<T>(string action, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await pipeline.RetryAsync(attempt, cancellationToken);
        }
        catch (S3Failure e)
        {
            throw e.ToError(Name, action);
        }
    }

    /// <summary>Removes an upload and its parts. One that does not exist is not an error.</summary>
    public Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        SendAsync(
            RequestKind.Delete,
            $"removing the unfinished upload of '{key}'",
            async attempt =>
            {
                try
                {
                    await client.AbortMultipartUploadAsync(config.Bucket, key, uploadId, attempt.Token);
                }
                catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
                {
                    // completed, or removed before
                }
                return true;
            },
            cancellationToken
        );

    /// <summary>Finds an object; null if there is none.</summary>
    public Task<S3ObjectInfo?> FindAsync(string key, CancellationToken cancellationToken) =>
        SendAsync<S3ObjectInfo?>(
            RequestKind.Get,
            $"looking for '{key}'",
            async attempt =>
            {
                try
                {
                    var answer = await client.GetObjectMetadataAsync(config.Bucket, key, attempt.Token);
                    return Unquote(answer.ETag) is { Length: > 0 } etag
                        ? new(answer.ContentLength, etag, Time(answer.LastModified), answer.StorageClass?.Value)
                        : throw S3Failure.Unverified($"the answer about '{key}' has no ETag");
                }
                catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
                {
                    return null;
                }
            },
            cancellationToken
        );

    /// <summary>Reads a range of an object; null if there is no such object. An empty object has an empty range.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="offset">Offset of the first byte.</param>
    /// <param name="length">Maximum length, at least 1.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public async Task<S3Range?> ReadAsync(string key, long offset, long length, CancellationToken cancellationToken)
    {
        try
        {
            return await pipeline.OpenAsync(
                RequestKind.Get,
                attempt => OpenRangeAsync(key, offset, length, attempt, cancellationToken),
                cancellationToken
            );
        }
        catch (S3Failure e) when (e.Error == ErrorCatalog.NotFound && e.Code != "NoSuchBucket")
        {
            return null;
        }
        catch (S3Failure e)
        {
            throw e.ToError(Name, $"reading '{key}'");
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
                yield return (o.Key, new(o.Size ?? 0, Unquote(o.ETag), Time(o.LastModified), o.StorageClass?.Value));
            }
            token = page.IsTruncated == true ? page.NextContinuationToken : null;
        } while (token is not null);
    }

    /// <summary>Deletes an object. A missing one is not an error.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        SendAsync(
            RequestKind.Delete,
            $"deleting '{key}'",
            async attempt =>
            {
                try
                {
                    await client.DeleteObjectAsync(config.Bucket, key, attempt.Token);
                }
                catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
                {
                    // does not exist
                }
                return true;
            },
            cancellationToken
        );

    /// <summary>Deletes up to 1,000 objects by one request.</summary>
    /// <returns>The keys that were not deleted, with the store's reasons; null if the store has no such request.</returns>
    public async Task<IReadOnlyList<(string Key, HoldfastException Error)>?> DeleteManyAsync(
        IReadOnlyList<string> keys,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await pipeline.SendAsync(
                RequestKind.Delete,
                async attempt =>
                {
                    try
                    {
                        return await DeleteBatchAsync(keys, attempt);
                    }
                    catch (Exception e) when (!IsOurs(e, cancellationToken))
                    {
                        throw S3Failure.From(e, attempt);
                    }
                },
                cancellationToken
            );
        }
        catch (S3Failure e) when (e.IsUnsupported || e.Code is "SignatureDoesNotMatch" or "InvalidRequest" or "InvalidArgument")
        {
            return null;
        }
        catch (S3Failure e)
        {
            throw e.ToError(Name, $"deleting {keys.Count} objects");
        }
    }

    /// <summary>Lists the uploads that were never completed; null if the store cannot list them.</summary>
    public async Task<IReadOnlyList<UnfinishedUpload>?> ListUploadsAsync(string prefix, CancellationToken cancellationToken)
    {
        var uploads = new List<UnfinishedUpload>();
        var (key, id) = ((string?)null, (string?)null);
        do
        {
            ListMultipartUploadsResponse page;
            try
            {
                page = await pipeline.SendAsync(
                    RequestKind.List,
                    async attempt =>
                    {
                        try
                        {
                            var request = new ListMultipartUploadsRequest
                            {
                                BucketName = config.Bucket,
                                Prefix = prefix,
                                KeyMarker = key,
                                UploadIdMarker = id,
                            };
                            var answer = await client.ListMultipartUploadsAsync(request, attempt.Token);
                            return answer.BucketName == config.Bucket
                                ? answer
                                : throw S3Failure.Unverified("the listing of uploads does not name the bucket");
                        }
                        catch (Exception e) when (!IsOurs(e, cancellationToken))
                        {
                            throw S3Failure.From(e, attempt);
                        }
                    },
                    cancellationToken
                );
            }
            catch (S3Failure e) when (e.IsUnsupported || e.Code == "SignatureDoesNotMatch")
            {
                return null;
            }
            catch (S3Failure e)
            {
                throw e.ToError(Name, "listing unfinished uploads");
            }
            uploads.AddRange(
                (page.MultipartUploads ?? []).Select(u => new UnfinishedUpload(
                    u.Key,
                    u.UploadId,
                    Time(u.Initiated) ?? DateTimeOffset.MaxValue
                ))
            );
            (key, id) = page.IsTruncated == true ? (page.NextKeyMarker, page.NextUploadIdMarker) : (null, null);
        } while (key is not null);
        return uploads;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        client.Dispose();
        pipeline.Dispose();
    }

    /// <summary>Removes the quotes of an ETag.</summary>
    private static string Unquote(string? etag) => (etag ?? "").Trim('"');

    private static DateTimeOffset? Time(DateTime? time) => time is { } t ? new DateTimeOffset(t.ToUniversalTime(), TimeSpan.Zero) : null;

    private static bool IsOurs(Exception e, CancellationToken cancellationToken) =>
        e is OperationCanceledException && cancellationToken.IsCancellationRequested;

    private string Prove(string? answered, byte[] md5, string what)
    {
        var etag = Unquote(answered);
        return etag.Length == 0 ? throw S3Failure.Unverified($"the store answered without an ETag for {what}")
            : HasMd5ETags && !etag.Equals(Convert.ToHexStringLower(md5), StringComparison.OrdinalIgnoreCase)
                ? throw S3Failure.Unverified($"the store confirmed other content of {what} than was sent: ETag {etag}")
            : etag;
    }

    private (ServerSideEncryptionMethod? Method, string? KmsKey) Encryption() =>
        config.Encryption switch
        {
            ServerSideEncryption.Aes256 => (ServerSideEncryptionMethod.AES256, null),
            ServerSideEncryption.Kms => (ServerSideEncryptionMethod.AWSKMS, config.KmsKey),
            _ => (null, null),
        };

    // Every request but the ones that need its code ends here: our cancellation, an answer, or an error for people.
    private async Task<T> SendAsync<T>(
        RequestKind kind,
        string action,
        Func<RequestAttempt, Task<T>> send,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await pipeline.SendAsync(
                kind,
                async attempt =>
                {
                    try
                    {
                        return await send(attempt);
                    }
                    catch (Exception e) when (!IsOurs(e, cancellationToken))
                    {
                        throw S3Failure.From(e, attempt);
                    }
                },
                cancellationToken
            );
        }
        catch (S3Failure e)
        {
            throw e.ToError(Name, action);
        }
    }

    private Task<string> SendOnceAsync(
        Func<RequestAttempt, Task<string>> send,
        TimeSpan idleTimeout,
        CancellationToken cancellationToken
    ) =>
        pipeline.SendOnceAsync(
            RequestKind.Put,
            async attempt =>
            {
                try
                {
                    return await send(attempt);
                }
                catch (Exception e) when (!IsOurs(e, cancellationToken))
                {
                    throw S3Failure.From(e, attempt);
                }
            },
            cancellationToken,
            idleTimeout
        );

    private async Task<S3Range> OpenRangeAsync(
        string key,
        long offset,
        long length,
        RequestAttempt attempt,
        CancellationToken cancellationToken
    )
    {
        GetObjectResponse? answer = null;
        try
        {
            answer = await client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = config.Bucket,
                    Key = key,
                    ByteRange = new(offset, offset + length - 1),
                },
                attempt.Token
            );
            var range = ContentRangeHeaderValue.TryParse(answer.ContentRange, out var parsed) ? parsed : null;
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
            return new(attempt.Receiving(answer.ResponseStream), offset, answer.ContentLength, range!.Length!.Value, Unquote(answer.ETag));
        }
        catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && offset == 0)
        {
            var empty = await client.GetObjectMetadataAsync(config.Bucket, key, attempt.Token);
            return empty.ContentLength == 0
                ? new(attempt.Receiving(Stream.Null), 0, 0, 0, Unquote(empty.ETag))
                : throw S3Failure.Unverified($"the store cannot read from the beginning of '{key}'");
        }
        catch (Exception e) when (!IsOurs(e, cancellationToken))
        {
            answer?.Dispose();
            throw S3Failure.From(e, attempt);
        }
    }

    private async Task<ListObjectsV2Response> ListPageAsync(
        string prefix,
        bool recursive,
        string? token,
        CancellationToken cancellationToken
    ) =>
        await SendAsync(
            RequestKind.List,
            prefix.Length == 0 ? "listing" : $"listing '{prefix}'",
            async attempt =>
            {
                var answer = await client.ListObjectsV2Async(
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
                    && (answer.IsTruncated != true || !string.IsNullOrEmpty(answer.NextContinuationToken));
                return isProved ? answer : throw S3Failure.Unverified("the answer is not a listing of the bucket and prefix");
            },
            cancellationToken
        );

    private async Task<IReadOnlyList<(string Key, HoldfastException Error)>> DeleteBatchAsync(
        IReadOnlyList<string> keys,
        RequestAttempt attempt
    )
    {
        var request = new DeleteObjectsRequest { BucketName = config.Bucket, Objects = [.. keys.Select(k => new KeyVersion { Key = k })] };
        List<DeleteError> errors;
        try
        {
            var answer = await client.DeleteObjectsAsync(request, attempt.Token);
            var answered = (answer.DeletedObjects ?? []).Select(d => d.Key).Concat((answer.DeleteErrors ?? []).Select(d => d.Key));
            if (keys.Except(answered, StringComparer.Ordinal).Any())
            {
                throw S3Failure.Unverified("the store did not confirm each deletion");
            }
            errors = answer.DeleteErrors ?? [];
        }
        catch (DeleteObjectsException e)
        {
            errors = e.Response.DeleteErrors ?? [];
        }
        return
        [
            .. errors.Select(e =>
                (
                    e.Key,
                    new HoldfastException(
                        DeletionError(e.Code),
                        string.Create(CultureInfo.InvariantCulture, $"{Name}: '{e.Key}' was not deleted: {e.Code}."),
                        "Grant s3:DeleteObject, or wait until the lock of the object ends."
                    )
                )
            ),
        ];
    }

    private static Error DeletionError(string? code) =>
        code switch
        {
            "AccessDenied" => ErrorCatalog.DestinationDenied,
            "ObjectLocked" or "InvalidRequest" => ErrorCatalog.DestinationLocked,
            _ => ErrorCatalog.DestinationFailed,
        };
}
