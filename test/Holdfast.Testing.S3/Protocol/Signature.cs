using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Testing.S3.Protocol;

/// <summary>
/// Checks AWS Signature Version 4 in the Authorization header, as described in "Authenticating Requests" of the Amazon S3 API reference.
/// </summary>
internal static class Signature
{
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(15);

    /// <summary>Checks the signature of a request.</summary>
    /// <returns>The code of the error; null if the signature is right.</returns>
    public static string? Check(HttpRequest request, Func<string, StubCredentials?> find, DateTimeOffset now)
    {
        const string Scheme = "AWS4-HMAC-SHA256 ";
        var authorization = request.Headers.Authorization.ToString();
        if (!authorization.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return "AccessDenied";
        }
        var fields = authorization[Scheme.Length..]
            .Split(',', StringSplitOptions.TrimEntries)
            .Select(f => f.Split('=', 2))
            .ToDictionary(f => f[0], f => f[1], StringComparer.Ordinal);
        var scope = fields["Credential"].Split('/');
        if (find(scope[0]) is not { } credentials)
        {
            return "InvalidAccessKeyId";
        }
        var sent = request.Headers["x-amz-date"].ToString();
        var time = DateTimeOffset.ParseExact(sent, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if ((time - now).Duration() > MaxSkew)
        {
            return "RequestTimeTooSkewed";
        }
        if (credentials.Expires <= now || credentials.SessionToken != (string?)request.Headers["x-amz-security-token"])
        {
            return "ExpiredToken";
        }
        var expected = Compute(request, credentials.SecretKey, scope, sent, fields["SignedHeaders"]);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(fields["Signature"]))
            ? null
            : "SignatureDoesNotMatch";
    }

    private static string Compute(HttpRequest request, string secret, string[] scope, string time, string signedHeaders)
    {
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? target : target[..question];
        var canonical = new StringBuilder()
            .Append(request.Method)
            .Append('\n')
            .Append(path)
            .Append('\n')
            .Append(question < 0 ? "" : CanonicalQuery(target[(question + 1)..]))
            .Append('\n');
        foreach (var name in signedHeaders.Split(';'))
        {
            var value = name == "host" ? request.Host.Value : request.Headers[name].ToString();
            canonical.Append(name).Append(':').Append(value?.Trim()).Append('\n');
        }
        canonical.Append('\n').Append(signedHeaders).Append('\n').Append(request.Headers["x-amz-content-sha256"].ToString());
        var hash = Convert.ToHexStringLower(SHA256.HashData(Utf8(canonical.ToString())));
        var toSign = $"AWS4-HMAC-SHA256\n{time}\n{string.Join('/', scope[1..])}\n{hash}";
        var key = scope[1..].Aggregate(Utf8("AWS4" + secret), (k, part) => HMACSHA256.HashData(k, Utf8(part)));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Utf8(toSign)));
    }

    private static string CanonicalQuery(string query) =>
        string.Join(
            '&',
            query.Split('&').Select(p => p.Contains('=', StringComparison.Ordinal) ? p : p + "=").Order(StringComparer.Ordinal)
        );

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
