using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Testing.S3.Protocol;

/// <summary>Reads the body of a request.</summary>
internal static class RequestBody
{
    /// <summary>Reads the content, without the framing of chunked signing unless the stub stores it.</summary>
    /// <exception cref="S3Failure">The content does not have the hash that the request states.</exception>
    public static async Task<byte[]> ReadAsync(HttpContext context, S3StubOptions options)
    {
        var request = context.Request;
        var stated = request.Headers["x-amz-content-sha256"].ToString();
        var isFramed = stated.StartsWith("STREAMING-", StringComparison.Ordinal) && !options.StoresChunkFraming;
        var raw = await ReadRawAsync(request, context.RequestAborted);
        var content = isFramed ? Unframe(raw) : raw;
        if (!options.HashesContent)
        {
            return content;
        }
        if (stated.Length == 64 && stated != Convert.ToHexStringLower(SHA256.HashData(content)) && !options.StoresChunkFraming)
        {
            throw new S3Failure(400, "XAmzContentSHA256Mismatch");
        }
        var md5 = request.Headers["Content-MD5"].ToString();
        return md5.Length == 0 || md5 == Convert.ToBase64String(Md5(content)) ? content : throw new S3Failure(400, "BadDigest");
    }

    /// <summary>The MD5 of content, by which S3 names what it stores.</summary>
#pragma warning disable CA5351 // the protocol demands MD5
    public static byte[] Md5(ReadOnlySpan<byte> content) => MD5.HashData(content);
#pragma warning restore CA5351

    private static async Task<byte[]> ReadRawAsync(HttpRequest request, CancellationToken aborted)
    {
        if (request.ContentLength is { } length)
        {
            var bytes = GC.AllocateUninitializedArray<byte>((int)length);
            await request.Body.ReadExactlyAsync(bytes, aborted);
            return bytes;
        }
        var all = new MemoryStream();
        await request.Body.CopyToAsync(all, aborted);
        return all.ToArray();
    }

    // Each chunk is "<hex length>;chunk-signature=…\r\n<bytes>\r\n"; the last has length 0 and may be followed by trailers.
    private static byte[] Unframe(byte[] raw)
    {
        var content = new MemoryStream(raw.Length);
        for (var at = 0; ; )
        {
            var end = raw.AsSpan(at).IndexOf("\r\n"u8) + at;
            var head = Encoding.ASCII.GetString(raw, at, end - at).Split(';')[0];
            var length = int.Parse(head, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
            {
                return content.ToArray();
            }
            content.Write(raw, end + 2, length);
            at = end + 2 + length + 2;
        }
    }
}
