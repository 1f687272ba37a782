using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>Deletes objects.</summary>
/// <param name="sender">Sends the requests.</param>
/// <param name="config">The settings.</param>
internal sealed class S3Deletions(S3Sender sender, S3Config config)
{
    /// <summary>Deletes an object. A missing one is not an error.</summary>
    /// <returns>Whether the bucket keeps it as an old version.</returns>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken) =>
        sender.SendAsync(
            $"deleting '{key}'",
            async attempt =>
            {
                try
                {
                    var answer = await sender.Client.DeleteObjectAsync(config.Bucket, key, attempt.Token);
                    return answer.DeleteMarker == "true";
                }
                catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
                {
                    return false; // does not exist
                }
            },
            cancellationToken
        );

    /// <summary>Deletes up to 1,000 objects by one request.</summary>
    /// <returns>What was not deleted; null if the store has no such request, or does not allow it.</returns>
    public async Task<S3DeletionResult?> DeleteManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await sender.TrySendAsync(attempt => DeleteBatchAsync(keys, attempt), cancellationToken);
            return new(
                [.. (answer.DeleteErrors ?? []).Select(e => (e.Key, Describe(e)))],
                (answer.DeletedObjects ?? []).Exists(d => d.DeleteMarker == true)
            );
        }
        // radosgw denies it to whoever may delete objects, but has no such right for the bucket.
        catch (S3Failure e)
            when (e.IsUnsupported || e.Code is "SignatureDoesNotMatch" or "InvalidRequest" or "InvalidArgument" or "AccessDenied")
        {
            return null;
        }
        catch (S3Failure e)
        {
            throw e.ToError(sender.Name, $"deleting {keys.Count} objects");
        }
    }

    private async Task<DeleteObjectsResponse> DeleteBatchAsync(IReadOnlyList<string> keys, RequestAttempt attempt)
    {
        var request = new DeleteObjectsRequest { BucketName = config.Bucket, Objects = [.. keys.Select(k => new KeyVersion { Key = k })] };
        try
        {
            var answer = await sender.Client.DeleteObjectsAsync(request, attempt.Token);
            var answered = (answer.DeletedObjects ?? []).Select(d => d.Key).Concat((answer.DeleteErrors ?? []).Select(d => d.Key));
            return keys.Except(answered, StringComparer.Ordinal).Any()
                ? throw S3Failure.Unverified("the store did not confirm each deletion")
                : answer;
        }
        catch (DeleteObjectsException e)
        {
            return e.Response;
        }
    }

    private HoldfastException Describe(DeleteError error) =>
        new(
            error.Code switch
            {
                "AccessDenied" => ErrorCatalog.DestinationDenied,
                "ObjectLocked" or "InvalidRequest" => ErrorCatalog.DestinationLocked,
                _ => ErrorCatalog.DestinationFailed,
            },
            $"{sender.Name}: '{error.Key}' was not deleted: {error.Code}.",
            "Grant s3:DeleteObject, or wait until the lock of the object ends."
        );
}
