using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Connections;

/// <summary>Connections of Holdfast, and of the programs that it runs, are encrypted and verified.</summary>
public sealed class TlsTests(Cluster cluster) : ServerTest(cluster)
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-tls-").FullName;

    private string Authority => $"{_folder}/authority.pem";

    public override async ValueTask InitializeAsync()
    {
        await GiveCertificateAsync();
        await Cluster.RunAsync("postgres", "ALTER SYSTEM SET ssl = on");
        await Cluster.RunAsync("postgres", "SELECT pg_reload_conf()");
        await Cluster.CreateAsync("db");
    }

    public override async ValueTask DisposeAsync()
    {
        await Cluster.RunAsync("postgres", "ALTER SYSTEM RESET ssl");
        await Cluster.RunAsync("postgres", "SELECT pg_reload_conf()");
        Directory.Delete(_folder, recursive: true);
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData(PostgreSqlTls.Require, "127.0.0.1", false)]
    [InlineData(PostgreSqlTls.VerifyCa, "127.0.0.1", true)]
    [InlineData(PostgreSqlTls.VerifyFull, "localhost", true)]
    public async Task A_backup_uses_an_encrypted_connection(PostgreSqlTls tls, string host, bool isChecked)
    {
        var (items, fingerprint) = await BackUpAsync("db", Config(tls, host, isChecked ? Authority : null));
        await RestoreAsync(Config(tls, host, isChecked ? Authority : null), "copy", items, fingerprint);
        Assert.Equal(["1"], await Cluster.QueryAsync("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'copy'"));
    }

    [Theory]
    [InlineData(PostgreSqlTls.VerifyCa, "localhost", false)] // the system does not trust its issuer
    [InlineData(PostgreSqlTls.VerifyFull, "localhost", false)]
    [InlineData(PostgreSqlTls.VerifyFull, "127.0.0.1", true)] // it is issued for another name
    public async Task An_invalid_certificate_is_rejected_with_the_remedy(PostgreSqlTls tls, string host, bool isSigned)
    {
        await using var source = Attach(Config(tls, host, isSigned ? Authority : null));
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => source.DescribeAsync(Token));
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
        Assert.Contains("certificate", failure.Message + failure.Hint, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Cluster.Password, failure.ToString(), StringComparison.Ordinal);
    }

    private PostgreSqlSourceConfig Config(PostgreSqlTls tls, string host, string? authority) =>
        Cluster.Source() with
        {
            Hosts = [new(host, Cluster.Port)],
            Tls = tls,
            RootCertificate = authority,
        };

    private async Task GiveCertificateAsync()
    {
        using var authorityKey = RSA.Create(2048);
        var request = new CertificateRequest("CN=authority of a test", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var authority = request.CreateSelfSigned(from, to);
        using var key = RSA.Create(2048);
        var server = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        server.CertificateExtensions.Add(names.Build());
        using var certificate = server.Create(authority, from, to, [1, 2, 3, 4]);
        await File.WriteAllTextAsync(Authority, authority.ExportCertificatePem(), Token);
        await WriteAsync("server.crt", certificate.ExportCertificatePem());
        await WriteAsync("server.key", key.ExportPkcs8PrivateKeyPem());
    }

    private async Task WriteAsync(string name, string text)
    {
        var path = Path.Combine(Cluster.Folder, "data", name);
        await File.WriteAllTextAsync(path, text, Token);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Environment.UserName != "root")
        {
            return;
        }
        using var chown = Process.Start("chown", ["postgres", path]);
        await chown.WaitForExitAsync(Token);
    }
}
