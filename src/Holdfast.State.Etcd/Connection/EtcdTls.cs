using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Core.Errors;

namespace Holdfast.State.Etcd.Connection;

/// <summary>
/// The certificates for connections to etcd. Their files are checked at each new connection and read again when they have changed, so
/// that renewed certificates need no restart.
/// </summary>
internal sealed class EtcdTls(EtcdSettings settings) : IDisposable
{
    // Guards the fields below. Held while files are read; nothing else is called.
    private readonly Lock _gate = new();
    private (string Version, X509Certificate2Collection Certificates)? _authorities;
    private (string Version, X509Certificate2 Certificate)? _own;

    /// <summary>Options for a connection.</summary>
    public SslClientAuthenticationOptions CreateOptions() =>
        new()
        {
            RemoteCertificateValidationCallback = IsTrusted,
            LocalCertificateSelectionCallback = settings.CertificateFile is null ? null : (_, _, _, _, _) => GetOwn(),
        };

    /// <summary>Reads the files.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/> if one cannot be used.</exception>
    public void Check()
    {
        if (settings.CaFile is not null)
        {
            GetAuthorities(settings.CaFile);
        }
        if (settings.CertificateFile is not null)
        {
            GetOwn();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _own?.Certificate.Dispose();

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return settings.CaFile is null || IsSigned(certificate!, chain);
        }
        // The name is compared with the certificate in any case.
        return errors == SslPolicyErrors.RemoteCertificateChainErrors
            && settings.CaFile is not null
            && certificate is not null
            && IsSigned(certificate, chain);
    }

    // With authorities of our own, those of the system count for nothing.
    private bool IsSigned(X509Certificate certificate, X509Chain? presented)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(GetAuthorities(settings.CaFile!));
        foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(leaf);
    }

    private X509Certificate2Collection GetAuthorities(string path)
    {
        lock (_gate)
        {
            var version = VersionOf(path);
            if (_authorities?.Version != version)
            {
                var read = new X509Certificate2Collection();
                Read(path, read.ImportFromPemFile);
                _authorities = (version, read);
            }
            return _authorities!.Value.Certificates;
        }
    }

    // Connections that are open may still use an old certificate: it is left to the garbage collector.
    private X509Certificate2 GetOwn()
    {
        lock (_gate)
        {
            var version = $"{VersionOf(settings.CertificateFile!)} {VersionOf(settings.KeyFile!)}";
            if (_own?.Version != version)
            {
                X509Certificate2? read = null;
                Read(settings.CertificateFile!, path => read = X509Certificate2.CreateFromPemFile(path, settings.KeyFile));
                _own = (version, read!);
            }
            return _own!.Value.Certificate;
        }
    }

    private static string VersionOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? $"{file.LastWriteTimeUtc.Ticks} {file.Length}" : "";
    }

    private static void Read(string path, Action<string> read)
    {
        try
        {
            read(path);
        }
        catch (Exception e)
        {
            throw new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"'{path}' cannot be used for connections to etcd: {e.Message}",
                "It must be a file in PEM format that this user may read; a private key must fit its certificate.",
                e
            );
        }
    }
}
