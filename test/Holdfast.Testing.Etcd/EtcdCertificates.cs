using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Testing.Etcd;

/// <summary>An authority with a certificate for servers on loopback and one for clients, as files in a folder.</summary>
public sealed class EtcdCertificates(string folder)
{
    /// <summary>The authority.</summary>
    public string Authority => Path.Combine(folder, "ca.pem");

    /// <summary>Certificate of the members.</summary>
    public string ServerCertificate => Path.Combine(folder, "server.pem");

    /// <summary>Its key.</summary>
    public string ServerKey => Path.Combine(folder, "server-key.pem");

    /// <summary>Certificate of a client.</summary>
    public string ClientCertificate => Path.Combine(folder, "client.pem");

    /// <summary>Its key.</summary>
    public string ClientKey => Path.Combine(folder, "client-key.pem");

    /// <summary>Creates all files.</summary>
    public async Task CreateAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=holdfast-test-authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        await File.WriteAllTextAsync(Authority, authority.ExportCertificatePem());
        await IssueAsync(authority, "holdfast-test-etcd", ServerCertificate, ServerKey);
        await IssueAsync(authority, "holdfast-test-node", ClientCertificate, ClientKey);
    }

    private static async Task IssueAsync(X509Certificate2 authority, string name, string certificatePath, string keyPath)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(16));
        await File.WriteAllTextAsync(certificatePath, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(keyPath, key.ExportPkcs8PrivateKeyPem());
    }
}
