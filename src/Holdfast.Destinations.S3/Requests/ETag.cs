using System.Buffers;
using System.Security.Cryptography;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>
/// ETags, by which S3 names content: the MD5 of an object or part in hexadecimal digits; for an object of parts the MD5 of their MD5s, a
/// hyphen and their number. Stores that encrypt with a key management service use names of another kind. MD5 protects against nothing but
/// errors of transfer here; archives have checksums of their own.
/// </summary>
internal static class ETag
{
    private const int HashDigits = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Removes the quotes of an ETag; empty if there is none.</summary>
    public static string Unquote(string? etag) => (etag ?? "").Trim('"');

    /// <summary>Whether an ETag is the hash of content.</summary>
    public static bool IsHash(string etag, ReadOnlySpan<byte> md5) =>
        etag.Equals(Convert.ToHexStringLower(md5), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether an ETag has the form of one that is computed from those of parts.</summary>
    public static bool IsHashOfParts(string etag) =>
        etag.IndexOf('-', StringComparison.Ordinal) == HashDigits && IsHex(etag.AsSpan(0, HashDigits));

    /// <summary>The ETag of an object of parts; null if an ETag of them is no hash.</summary>
    public static string? OfParts(IReadOnlyList<S3Part> parts) =>
        parts.All(p => p.ETag.Length == HashDigits && IsHex(p.ETag))
            ? $"{Convert.ToHexStringLower(Hash([.. parts.SelectMany(p => Convert.FromHexString(p.ETag))]))}-{parts.Count}"
            : null;

#pragma warning disable CA5351 // the protocol has no other hash that every store knows
    /// <summary>The hash of content.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> content) => MD5.HashData(content);

    /// <summary>The hash of a stream.</summary>
    public static ValueTask<byte[]> HashAsync(Stream content, CancellationToken cancellationToken) =>
        MD5.HashDataAsync(content, cancellationToken);

    /// <summary>Hashes content that comes in pieces.</summary>
    public static IncrementalHash CreateHash() => IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(HexDigits);
}
