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
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        sender.SendAsync(
            $"deleting '{key}'",
            async attempt =>
            {
                try
                {
                    await sender.Client.DeleteObjectAsync(config.Bucket, key, attempt.Token);
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
            var errors = await sender.TrySendAsync(attempt => DeleteBatchAsync(keys, attempt), cancellationToken);
            return [.. errors.Select(e => (e.Key, Describe(e)))];
        }
        catch (S3Failure e) when (e.IsUnsupported || e.Code is "SignatureDoesNotMatch" or "InvalidRequest" or "InvalidArgument")
        {
            return null;
        }
        catch (S3Failure e)
        {
            throw e.ToError(sender.Name, $"deleting {keys.Count} objects");
        }
    }

    private async Task<IReadOnlyList<DeleteError>> DeleteBatchAsync(IReadOnlyList<string> keys, RequestAttempt attempt)
    {
        var request = new DeleteObjectsRequest { BucketName = config.Bucket, Objects = [.. keys.Select(k => new KeyVersion { Key = k })] };
        try
        {
            var answer = await sender.Client.DeleteObjectsAsync(request, attempt.Token);
            var answered = (answer.DeletedObjects ?? []).Select(d => d.Key).Concat((answer.DeleteErrors ?? []).Select(d => d.Key));
            return keys.Except(answered, StringComparer.Ordinal).Any()
                ? throw S3Failure.Unverified("the store did not confirm each deletion")
                : answer.DeleteErrors ?? [];
        }
        catch (DeleteObjectsException e)
        {
            return e.Response.DeleteErrors ?? [];
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
