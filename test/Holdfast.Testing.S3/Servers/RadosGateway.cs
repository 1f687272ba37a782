using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Testing.S3.Servers;

/// <summary>Ceph's radosgw, a real S3 server, in a folder of its own. Bucket names have three characters at least.</summary>
public sealed class RadosGateway : IAsyncDisposable
{
    private readonly ServerScript _script;
    private readonly string _folder;

    private RadosGateway(ServerScript script, string folder, string certificate)
    {
        (_script, _folder, Certificate) = (script, folder, certificate);
        var ports = script.Line.Split(' ');
        (Endpoint, SecureEndpoint) = ($"http://127.0.0.1:{ports[0]}", $"https://127.0.0.1:{ports[1]}");
    }

    /// <summary>The user who owns the buckets.</summary>
    public static StubCredentials Owner { get; } = new("HOLDFASTTEST0001", "holdfast-test-secret-0001");

    /// <summary>A user without rights, except those that a bucket's policy gives.</summary>
    public static StubCredentials Limited { get; } = new("HOLDFASTTEST0002", "holdfast-test-secret-0002");

    /// <summary>Name of <see cref="Limited"/> in policies.</summary>
    public const string LimitedPrincipal = "arn:aws:iam:::user/limited";

    /// <summary>Id of a key of its key management service.</summary>
    public const string KmsKey = "holdfast-key";

    /// <summary>Its address.</summary>
    public string Endpoint { get; }

    /// <summary>Its address with TLS.</summary>
    public string SecureEndpoint { get; }

    /// <summary>The certificate of <see cref="SecureEndpoint"/>, as PEM.</summary>
    public string Certificate { get; }

    /// <summary>Starts it, in about 15 seconds.</summary>
    /// <param name="script">Path of <c>eng/radosgw.sh</c>.</param>
    /// <returns>The server; or null and the reason if this machine does not have it.</returns>
    public static async Task<(RadosGateway? Server, string Reason)> StartAsync(string script)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-rgw-").FullName;
        var certificate = await WriteCertificateAsync(Path.Combine(folder, "tls.pem"));
        var (server, reason) = await ServerScript.StartAsync(script, folder);
        if (server is null)
        {
            Directory.Delete(folder, recursive: true);
            return (null, reason);
        }
        return (new(server, folder, certificate), "");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _script.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<string> WriteCertificateAsync(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=holdfast-test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        var pem = certificate.ExportCertificatePem();
        await File.WriteAllTextAsync(path, $"{key.ExportPkcs8PrivateKeyPem()}\n{pem}\n");
        return pem;
    }
}
