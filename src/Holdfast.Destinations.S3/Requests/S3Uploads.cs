using System.Globalization;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Contents;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>Uploads in parts.</summary>
/// <param name="sender">Sends the requests.</param>
/// <param name="config">The settings.</param>
/// <param name="limits">Time limits.</param>
internal sealed class S3Uploads(S3Sender sender, S3Config config, RequestLimits limits)
{
    /// <summary>Starts an upload in parts.</summary>
    /// <returns>Its id.</returns>
    public Task<string> StartAsync(string key, string? storageClass, CancellationToken cancellationToken) =>
        sender.SendAsync(
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
                (request.ServerSideEncryptionMethod, request.ServerSideEncryptionKeyManagementServiceKeyId) = Confirmation.EncryptionOf(
                    config
                );
                var answer = await sender.Client.InitiateMultipartUploadAsync(request, attempt.Token);
                return answer.Key == key && !string.IsNullOrEmpty(answer.UploadId)
                    ? answer.UploadId
                    : throw S3Failure.Unverified("the store answered without starting an upload");
            },
            cancellationToken
        );

    /// <summary>Stores a part of an upload.</summary>
    /// <param name="key">Key of the object.</param>
    /// <param name="uploadId">Id of the upload.</param>
    /// <param name="number">Number of the part, from 1.</param>
    /// <param name="content">Its content.</param>
    /// <param name="md5">MD5 of the content.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public Task<S3Part> PutPartAsync(
        string key,
        string uploadId,
        int number,
        SegmentBuffer content,
        byte[] md5,
        CancellationToken cancellationToken
    ) =>
        sender.SendAsync(
            $"uploading part {number} of '{key}'",
            async attempt =>
            {
                var answer = await sender.Client.UploadPartAsync(
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
                        DisablePayloadSigning = Confirmation.LeavesContentUnsigned(config),
                        DisableDefaultChecksumValidation = config.IsCompatible,
                    },
                    attempt.Token
                );
                var etag = Confirmation.Prove(config, answer.ETag, answer.ServerSideEncryptionMethod, md5, $"part {number} of '{key}'");
                return new S3Part(number, content.Length, etag);
            },
            cancellationToken
        );

    /// <summary>
    /// Makes an object of the parts. A single attempt: the caller finds out what an unknown outcome is, see <see cref="S3Failure"/>.
    /// </summary>
    /// <exception cref="S3Failure">The failure.</exception>
    public Task CompleteOnceAsync(
        string key,
        string uploadId,
        IReadOnlyList<S3Part> parts,
        bool onlyIfFree,
        CancellationToken cancellationToken
    ) =>
        sender.SendOnceAsync(
            async attempt =>
            {
                var answer = await sender.Client.CompleteMultipartUploadAsync(
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
                // radosgw leaves the ETag empty. The object itself is the proof, and the caller looks at it.
                return answer.Key == key || ETag.Unquote(answer.ETag).Length > 0
                    ? true
                    : throw S3Failure.Unverified("the store answered without completing the upload");
            },
            limits.CompleteTimeout,
            cancellationToken
        );

    /// <summary>Removes an upload and its parts. One that does not exist is not an error.</summary>
    public Task AbortAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        sender.SendAsync(
            $"removing the unfinished upload of '{key}'",
            async attempt =>
            {
                try
                {
                    await sender.Client.AbortMultipartUploadAsync(config.Bucket, key, uploadId, attempt.Token);
                }
                catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
                {
                    // completed, or removed before
                }
                return true;
            },
            cancellationToken
        );

    /// <summary>Lists the uploads that were never completed; null if the store cannot list them.</summary>
    public async Task<IReadOnlyList<UnfinishedUpload>?> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var uploads = new List<UnfinishedUpload>();
        var (key, id) = ((string?)null, (string?)null);
        try
        {
            do
            {
                var page = await ListPageAsync(prefix, key, id, cancellationToken);
                uploads.AddRange(
                    (page.MultipartUploads ?? []).Select(u => new UnfinishedUpload(
                        u.Key,
                        u.UploadId,
                        S3ObjectInfo.Time(u.Initiated) ?? DateTimeOffset.MaxValue
                    ))
                );
                (key, id) = page.IsTruncated == true ? (page.NextKeyMarker, page.NextUploadIdMarker) : (null, null);
            } while (key is not null);
            return uploads;
        }
        catch (S3Failure e) when (e.IsUnsupported || e.Code == "SignatureDoesNotMatch")
        {
            return null;
        }
        catch (S3Failure e)
        {
            throw e.ToError(sender.Name, "listing unfinished uploads");
        }
    }

    /// <summary>When the newest part of an upload was stored; null if it has none.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/> if there is no such upload.</exception>
    public async Task<DateTimeOffset?> FindNewestPartAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        DateTimeOffset? newest = null;
        string? marker = null;
        do
        {
            var page = await sender.SendAsync(
                $"listing the parts of '{key}'",
                async attempt =>
                {
                    var request = new ListPartsRequest
                    {
                        BucketName = config.Bucket,
                        Key = key,
                        UploadId = uploadId,
                        PartNumberMarker = marker,
                    };
                    var answer = await sender.Client.ListPartsAsync(request, attempt.Token);
                    return answer.UploadId == uploadId ? answer : throw S3Failure.Unverified("the listing of parts names another upload");
                },
                cancellationToken
            );
            foreach (var stored in (page.Parts ?? []).Select(p => S3ObjectInfo.Time(p.LastModified)))
            {
                newest = stored > newest || newest is null ? stored : newest;
            }
            marker = page.IsTruncated == true ? page.NextPartNumberMarker?.ToString(CultureInfo.InvariantCulture) : null;
        } while (marker is not null);
        return newest;
    }

    private Task<ListMultipartUploadsResponse> ListPageAsync(string prefix, string? key, string? id, CancellationToken cancellationToken) =>
        sender.TrySendAsync(
            async attempt =>
            {
                var request = new ListMultipartUploadsRequest
                {
                    BucketName = config.Bucket,
                    Prefix = prefix,
                    KeyMarker = key,
                    UploadIdMarker = id,
                };
                var answer = await sender.Client.ListMultipartUploadsAsync(request, attempt.Token);
                return answer.BucketName == config.Bucket
                    ? answer
                    : throw S3Failure.Unverified("the listing of uploads does not name the bucket");
            },
            cancellationToken
        );
}
