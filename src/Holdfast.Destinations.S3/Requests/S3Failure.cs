using System.Net;
using Amazon.Runtime;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Requests;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>
/// A failed request, before it is known whether another attempt helps. Error codes:
/// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
/// </summary>
internal sealed class S3Failure : Exception
{
    private static readonly string[] ThrottlingCodes =
    [
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TooManyRequests",
    ];

    private static readonly string[] FullCodes =
    [
        "QuotaExceeded",
        "XMinioStorageFull",
        "InsufficientCapacity",
        "StorageQuotaExceeded",
        "EntityTooLarge",
    ];

    private static readonly string[] CredentialCodes =
    [
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidToken",
        "AuthorizationHeaderMalformed",
    ];

    private S3Failure(Error error, string reason, string hint, Exception? cause)
        : base(reason, cause) => (Error, Hint) = (error, hint);

    /// <summary>Its kind.</summary>
    public Error Error { get; }

    /// <summary>What to do.</summary>
    public string Hint { get; }

    /// <summary>The store's code; null if it did not answer.</summary>
    public string? Code { get; private init; }

    /// <summary>Status of the answer; null if there was none.</summary>
    public HttpStatusCode? Status { get; private init; }

    /// <summary>Whether another attempt may succeed.</summary>
    public bool IsTemporary { get; private init; }

    /// <summary>Whether the request may have taken effect although it failed.</summary>
    public bool IsUnknownOutcome { get; private init; }

    /// <summary>Whether the store does not know the request, or not in this form.</summary>
    public bool IsUnsupported =>
        Status is HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed
        || Code is "NotImplemented" or "MissingContentMD5" or "MethodNotAllowed" or "UnsupportedOperation";

    /// <summary>
    /// Whether the store may have refused temporary credentials because they have expired. The answer to a HEAD request has no body, so
    /// its code is only the status: 400.
    /// </summary>
    public bool MayBeExpiredCredentials =>
        Code is "ExpiredToken" or "TokenRefreshRequired" or "InvalidToken"
        || (Status == HttpStatusCode.BadRequest && Code is "BadRequest" or "");

    /// <summary>
    /// Whether the same request may succeed when it is sent once more: radosgw leaves the body of an upload that it refuses in the
    /// connection, and answers the next request by 405; and a HEAD request that was refused for its time has no code, by which the SDK
    /// would repeat it, although it has corrected its time then.
    /// </summary>
    public bool MayBeAccidental =>
        Status == HttpStatusCode.MethodNotAllowed || (Status == HttpStatusCode.Forbidden && Code is "Forbidden" or "");

    /// <summary>The destination was closed.</summary>
    public static S3Failure Closed(Exception cause) =>
        new(ErrorCatalog.DestinationFailed, "the destination is closed", "Open it again.", cause);

    /// <summary>An answer that does not prove what it should.</summary>
    public static S3Failure Unverified(string reason) =>
        new(
            ErrorCatalog.DestinationUnverified,
            reason,
            "Check that the endpoint is the store itself, not a proxy or a login page, and test the destination.",
            null
        )
        {
            IsTemporary = true,
            IsUnknownOutcome = true,
        };

    /// <summary>The bucket encrypts by a key management service, although the settings do not say so.</summary>
    public static S3Failure EncryptedOtherwise(string what) =>
        new(
            ErrorCatalog.DestinationUnverified,
            $"the bucket has encrypted {what} by SSE-KMS, so that its ETag proves nothing",
            "Set serverSideEncryption to \"kms\": the length of what was stored is asked for then.",
            null
        );

    /// <summary>Translates an exception of the SDK or of a stream.</summary>
    /// <param name="e">The exception.</param>
    /// <param name="attempt">The attempt that failed.</param>
    public static S3Failure From(Exception e, RequestAttempt attempt) =>
        attempt.IsLate ? Late(attempt, e)
        : e is S3Failure known ? known
        : e is AmazonServiceException { StatusCode: > 0 } answered && !IsTransport(answered) ? FromAnswer(answered)
        // an address that is not allowed, or a command that prints no credentials
        : (e as HoldfastException ?? e.InnerException as HoldfastException) is { } refused
            ? new(refused.Error, refused.Message.TrimEnd('.'), refused.Hint ?? "", e)
        : new(ErrorCatalog.DestinationFailed, Innermost(e), "Check the network connection and the address of the store.", e)
        {
            IsTemporary = e is not AmazonClientException { InnerException: null },
            IsUnknownOutcome = true,
        };

    /// <summary>The error for people.</summary>
    /// <param name="name">Name of the destination.</param>
    /// <param name="action">What was done: <c>uploading 'a/b'</c>.</param>
    public HoldfastException ToError(string name, string action) => new(Error, $"{name}: {Message}, {action}.", Hint, this);

    private static S3Failure Late(RequestAttempt attempt, Exception e) =>
        new(
            ErrorCatalog.DestinationFailed,
            $"no byte was transferred for {attempt.IdleTimeout.TotalSeconds:0} s",
            "Check the network connection to the store.",
            e
        )
        {
            IsTemporary = true,
            IsUnknownOutcome = true,
        };

    // The SDK reports a connection that broke in the middle of an answer with the answer's status.
    private static bool IsTransport(AmazonServiceException e) =>
        e.InnerException is IOException or HttpRequestException { StatusCode: null };

    private static S3Failure FromAnswer(AmazonServiceException e)
    {
        var code = e.ErrorCode ?? "";
        var (error, hint) = Kind(e.StatusCode, code);
        // CompleteMultipartUpload reports an error after it has sent status 200.
        var isServerError = ((int)e.StatusCode >= 500 && e.StatusCode != HttpStatusCode.NotImplemented) || (int)e.StatusCode < 300;
        return new(error, Reason(e, code), hint, e)
        {
            Code = code,
            Status = e.StatusCode,
            IsTemporary =
                isServerError
                || error == ErrorCatalog.DestinationThrottled
                || code is "RequestTimeTooSkewed" or "RequestTimeout" or "OperationAborted",
            IsUnknownOutcome = isServerError,
        };
    }

    private static (Error Error, string Hint) Kind(HttpStatusCode status, string code) =>
        status == HttpStatusCode.PreconditionFailed || code is "PreconditionFailed" or "ConditionalRequestConflict"
            ? (ErrorCatalog.TargetExists, "Another backup of the same database is under way, or was made in the same second.")
        : code is "PermanentRedirect" or "TemporaryRedirect" or "IllegalLocationConstraintException"
            ? (ErrorCatalog.DestinationFailed, "The bucket is in another region: set the region, or the endpoint of that region.")
        : code == "NoSuchBucket" ? (ErrorCatalog.DestinationFailed, "Create the bucket, or correct its name.")
        : code is "NoSuchKey" or "NoSuchUpload" or "NotFound" || status == HttpStatusCode.NotFound ? (ErrorCatalog.NotFound, "")
        : code is "InvalidObjectState" ? (ErrorCatalog.DestinationCold, "Restore the object from its cold storage class first.")
        : ThrottlingCodes.Contains(code) || status == HttpStatusCode.TooManyRequests
            ? (ErrorCatalog.DestinationThrottled, "Lower the number of concurrent backups, or spread the schedule.")
        : FullCodes.Contains(code) || status == HttpStatusCode.InsufficientStorage
            ? (ErrorCatalog.DestinationFull, "Free space, raise the quota, or shorten the retention.")
        : code is "ExpiredToken" or "TokenRefreshRequired"
            ? (ErrorCatalog.DestinationDenied, "The temporary credentials have expired. Give new ones, or let a command print them.")
        : code == "RequestTimeTooSkewed" ? (ErrorCatalog.DestinationFailed, "Set the clock of this machine; enable NTP.")
        : CredentialCodes.Contains(code) ? (ErrorCatalog.DestinationDenied, "Check the access key and its secret, and the region.")
        : status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized
            ? (ErrorCatalog.DestinationDenied, "Grant the access key the rights that docs/s3.md lists.")
        : code is "XAmzContentSHA256Mismatch" or "ExcessHeaderValues"
            ? (ErrorCatalog.DestinationFailed, "The store does not understand checksum headers. Set the mode to compatible.")
        : (ErrorCatalog.DestinationFailed, "Check the settings of the destination, and test it.");

    private static string Reason(AmazonServiceException e, string code) =>
        code == "NoSuchBucket" ? "the bucket does not exist"
        : code.Length == 0 ? $"the store answered with status {(int)e.StatusCode}"
        : $"the store answered with status {(int)e.StatusCode}, {code}";

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }
        return e.Message.TrimEnd('.');
    }
}
