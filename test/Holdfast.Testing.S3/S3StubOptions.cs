namespace Holdfast.Testing.S3;

/// <summary>How a store treats a condition.</summary>
public enum ConditionSupport
{
    /// <summary>It holds: 412 if it is not met.</summary>
    Honored,

    /// <summary>It is ignored without a word.</summary>
    Ignored,

    /// <summary>It is refused by 501.</summary>
    Refused,
}

/// <summary>How the stub differs from AWS, which the defaults describe.</summary>
public sealed record S3StubOptions
{
    /// <summary><c>If-None-Match: *</c> and <c>If-Match</c> of PutObject.</summary>
    public ConditionSupport ConditionalPut { get; init; }

    /// <summary><c>If-None-Match: *</c> of CompleteMultipartUpload.</summary>
    public ConditionSupport ConditionalComplete { get; init; }

    /// <summary>Whether DeleteObjects exists.</summary>
    public bool BatchDelete { get; init; } = true;

    /// <summary>Whether DeleteObjects is refused without Content-MD5.</summary>
    public bool BatchDeleteNeedsMd5 { get; init; }

    /// <summary>Whether all parts but the last must have the same length.</summary>
    public bool EqualParts { get; init; }

    /// <summary>Maximum number of parts.</summary>
    public int MaxParts { get; init; } = 10_000;

    /// <summary>Minimum length of all parts but the last, in bytes.</summary>
    public int MinPartBytes { get; init; } = 5 << 20;

    /// <summary>Whether <c>x-amz-checksum-*</c>, <c>x-amz-sdk-checksum-algorithm</c> and trailers are refused.</summary>
    public bool RefusesChecksumHeaders { get; init; }

    /// <summary>Whether the framing of a chunked body is stored as if it were content.</summary>
    public bool StoresChunkFraming { get; init; }

    /// <summary>Whether <c>bytes=-n</c> returns the first bytes rather than the last.</summary>
    public bool MisreadsSuffixRange { get; init; }

    /// <summary>Whether ETags are the MD5 of the content, as they are except with KMS.</summary>
    public bool Md5ETags { get; init; } = true;

    /// <summary>Whether the bucket encrypts everything by a key management service.</summary>
    public bool KmsByDefault { get; init; }

    /// <summary>Whether signatures are checked.</summary>
    public bool ChecksSignatures { get; init; } = true;

    /// <summary>Whether ListMultipartUploads exists.</summary>
    public bool ListsUploads { get; init; } = true;

    /// <summary>Whether a second CompleteMultipartUpload of the same upload succeeds again.</summary>
    public bool RepeatableComplete { get; init; } = true;

    /// <summary>Whether the server's key is needed for <c>aws:kms</c>, and other storage classes are refused.</summary>
    public IReadOnlyList<string> StorageClasses { get; init; } = ["STANDARD", "STANDARD_IA", "GLACIER"];

    /// <summary>Number of entries of a listing's page.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>Number of requests after which a change becomes visible in listings; 0 for at once.</summary>
    public int ListingLag { get; init; }

    /// <summary>Whether the content of requests is hashed. Without, ETags repeat the Content-MD5 of the request.</summary>
    public bool HashesContent { get; init; } = true;

    /// <summary>Time added to each answer.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>What AWS does.</summary>
    public static S3StubOptions Aws { get; } = new();

    /// <summary>What Cloudflare R2 does: equal parts, and no checksums of the newer kind.</summary>
    public static S3StubOptions R2 { get; } =
        new()
        {
            EqualParts = true,
            RefusesChecksumHeaders = true,
            ConditionalComplete = ConditionSupport.Ignored,
        };

    /// <summary>What the S3 interface of Google Cloud Storage does: no conditions or checksum headers, MD5 needed to delete.</summary>
    public static S3StubOptions Gcs { get; } =
        new()
        {
            RefusesChecksumHeaders = true,
            ConditionalPut = ConditionSupport.Ignored,
            ConditionalComplete = ConditionSupport.Ignored,
            BatchDeleteNeedsMd5 = true,
        };

    /// <summary>What careless clones do.</summary>
    public static S3StubOptions Hostile { get; } =
        new()
        {
            ConditionalPut = ConditionSupport.Ignored,
            ConditionalComplete = ConditionSupport.Ignored,
            BatchDelete = false,
            StoresChunkFraming = true,
            MisreadsSuffixRange = true,
            ChecksSignatures = false,
            ListsUploads = false,
            RepeatableComplete = false,
            MinPartBytes = 1,
        };
}
