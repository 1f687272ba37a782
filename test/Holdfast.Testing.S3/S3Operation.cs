namespace Holdfast.Testing.S3;

/// <summary>The operations of the S3 API that the stub implements.</summary>
public enum S3Operation
{
    /// <summary>Anything else; answered by 501.</summary>
    Unknown,
    HeadBucket,
    GetBucketLocation,
    ListObjects,
    PutObject,
    GetObject,
    HeadObject,
    DeleteObject,
    DeleteObjects,
    CreateMultipartUpload,
    UploadPart,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListMultipartUploads,
    ListParts,
}
