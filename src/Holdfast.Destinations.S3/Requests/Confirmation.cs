using Amazon.S3;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>What requests that store content have in common: the encryption that they ask for, and the proof of their answers.</summary>
internal static class Confirmation
{
    /// <summary>How the store has to encrypt an object; nulls for the bucket's default.</summary>
    public static (ServerSideEncryptionMethod? Method, string? KmsKey) EncryptionOf(S3Config config) =>
        config.Encryption switch
        {
            ServerSideEncryption.Aes256 => (ServerSideEncryptionMethod.AES256, null),
            ServerSideEncryption.Kms => (ServerSideEncryptionMethod.AWSKMS, config.KmsKey),
            _ => (null, null),
        };

    /// <summary>
    /// Whether the SDK is told to leave the content out of the signature. Content-MD5, which is signed, names it. Over plain HTTP the SDK
    /// refuses that; <see cref="S3Client"/> does it there.
    /// </summary>
    public static bool? LeavesContentUnsigned(S3Config config) => config.Endpoint?.Scheme == Uri.UriSchemeHttp ? null : true;

    /// <summary>Checks the ETag of an answer.</summary>
    /// <param name="config">The settings. With a key of the key management service, ETags are no hashes.</param>
    /// <param name="answered">The ETag.</param>
    /// <param name="encryption">How the store says that it has encrypted the content; null for nothing.</param>
    /// <param name="md5">MD5 of the content that was sent.</param>
    /// <param name="what">What was sent, for the error.</param>
    /// <returns>The ETag without quotes.</returns>
    /// <exception cref="S3Failure">It does not prove that the content was stored.</exception>
    public static string Prove(S3Config config, string? answered, ServerSideEncryptionMethod? encryption, byte[] md5, string what)
    {
        var etag = ETag.Unquote(answered);
        return etag.Length == 0 ? throw S3Failure.Unverified($"the store answered without an ETag for {what}")
            : config.Encryption == ServerSideEncryption.Kms || ETag.IsHash(etag, md5) ? etag
            : encryption?.Value.StartsWith("aws:kms", StringComparison.Ordinal) == true ? throw S3Failure.EncryptedOtherwise(what)
            : throw S3Failure.Unverified($"the store confirmed other content of {what} than was sent: ETag {etag}");
    }
}
