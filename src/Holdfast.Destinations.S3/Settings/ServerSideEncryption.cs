namespace Holdfast.Destinations.S3.Settings;

/// <summary>How the store encrypts objects at rest, in addition to the encryption of archives.</summary>
internal enum ServerSideEncryption
{
    /// <summary>What the bucket's default is.</summary>
    Default,

    /// <summary>With keys of the store: SSE-S3.</summary>
    Aes256,

    /// <summary>With a key of the key management service: SSE-KMS.</summary>
    Kms,
}
