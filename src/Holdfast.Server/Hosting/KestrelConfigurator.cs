using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Core.Errors;
using Holdfast.Server.Configuration;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Holdfast.Server.Hosting;

/// <summary>Applies the configuration to Kestrel.</summary>
internal static class KestrelConfigurator
{
    public static void Configure(KestrelServerOptions kestrel, ServerConfig config)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = HoldfastServer.MaxBodyBytes;
        var listen = ListenAddress.Parse(config.Listen);
        var certificate = listen.IsTls ? LoadCertificate(config.Tls!) : null;
        kestrel.Listen(listen.Address, listen.Port, options =>
        {
            if (certificate is not null)
            {
                options.UseHttps(certificate, https => https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13);
            }
        });
    }

    private static X509Certificate2 LoadCertificate(TlsConfig tls)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(tls.Certificate, tls.Key);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"The certificate '{tls.Certificate}' with the key '{tls.Key}' cannot be used: {e.Message}",
                "Both must be PEM files; the key must not be encrypted and must belong to the certificate.",
                e
            );
        }
    }
}
