using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Requests;

namespace Holdfast.Destinations.S3.Uploads;

/// <summary>An upload whose parts are all stored.</summary>
/// <param name="Path">Path at the destination.</param>
/// <param name="Key">Key of the object.</param>
/// <param name="UploadId">Id of the upload.</param>
/// <param name="Parts">Its parts.</param>
/// <param name="Length">Length of the file, in bytes.</param>
/// <param name="OnlyIfFree">Whether the store has to check that the key is free.</param>
internal sealed record CompletionRequest(
    string Path,
    string Key,
    string UploadId,
    IReadOnlyList<S3Part> Parts,
    long Length,
    bool OnlyIfFree
);

/// <summary>
/// Completes an upload and proves it. When it is unknown whether a request to complete took effect, the object itself is looked at: it is
/// ours if its length is right, and its ETag either that of our parts or one that is no hash. Only if there is none, the request is sent
/// again.
/// </summary>
internal static class Completion
{
    /// <summary>Completes the upload.</summary>
    /// <exception cref="HoldfastException">It was not completed, or that is not proved.</exception>
    public static async Task<PublishedFile> RunAsync(S3Bucket bucket, CompletionRequest request, CancellationToken cancellationToken)
    {
        var action = $"completing the upload of '{request.Path}'";
        var isUnknown = false; // whether an earlier attempt may have completed it
        return await bucket.RetryAsync(
            action,
            async token =>
            {
                try
                {
                    await bucket.Uploads.CompleteOnceAsync(request.Key, request.UploadId, request.Parts, request.OnlyIfFree, token);
                }
                catch (S3Failure e)
                {
                    isUnknown |= e.IsUnknownOutcome;
                    // Also after "no such upload" and "already exists", if the answer to an earlier attempt was lost.
                    if (isUnknown && await ProveAsync(bucket, request, token) is { } file)
                    {
                        return file;
                    }
                    throw;
                }
                return await ProveAsync(bucket, request, token)
                    ?? throw S3Failure.Unverified("the store answered that it is complete, but has no such object");
            },
            cancellationToken
        );
    }

    // Null if the object does not exist.
    private static async Task<PublishedFile?> ProveAsync(S3Bucket bucket, CompletionRequest request, CancellationToken cancellationToken)
    {
        if (await bucket.Objects.FindAsync(request.Key, cancellationToken) is not { } stored)
        {
            return null;
        }
        var expected = ETag.OfParts(request.Parts);
        var isOther =
            ETag.IsHashOfParts(stored.ETag) && expected is not null && !stored.ETag.Equals(expected, StringComparison.OrdinalIgnoreCase);
        return stored.Length == request.Length && !isOther
            ? new(request.Path, stored.Length, stored.ETag)
            : throw S3Failure
                .Unverified($"the object has {stored.Length} bytes and ETag {stored.ETag}; {request.Length} and {expected} were sent")
                .ToError(bucket.Name, $"completing the upload of '{request.Path}'");
    }
}
