using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.Server.Access;
using Holdfast.Server.Configuration;
using Microsoft.AspNetCore.Builder;

namespace Holdfast.Server.Tests;

[Trait("Category", "Slow")]
public sealed class HostingTests
{
    [Theory]
    [InlineData("demo%2Fshop.db", "demo/shop.db")]
    [InlineData("demo%2fa%2Fb%20c", "demo/a/b c")]
    [InlineData("demo%252Fshop", "demo%2Fshop")]
    [InlineData("%C3%A9%3F%23%25", "é?#%")]
    [InlineData("a%2F..%2F..%2Fb", "a/../../b")]
    [InlineData("plain", "plain")]
    public async Task An_encoded_database_id_in_a_path_is_decoded(string sent, string arrives)
    {
        await using var server = await TestServer.StartAsync(map: app =>
            app.MapGet("/api/v1/echo/{id}/tasks/{task}", (string id, string task) => new[] { id, task }).RequireRole(Role.Viewer)
        );
        using var client = server.Admin();
        foreach (var query in new[] { "", "?x=%2F" })
        {
            var answer = await TestServer.JsonAsync(client.GetAsync(new Uri(server.Address, $"/api/v1/echo/{sent}/tasks/7{query}")));
            Assert.Equal([arrives, "7"], answer.AsArray().Select(v => (string)v!));
        }
    }

    [Fact]
    public async Task With_a_certificate_the_server_uses_TLS_and_the_cookie_requires_it()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-tls-").FullName;
        var tls = new TlsConfig { Certificate = Path.Combine(folder, "c.pem"), Key = Path.Combine(folder, "k.pem") };
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            var time = TimeProvider.System.GetUtcNow();
            using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(
                time.AddDays(-1),
                time.AddDays(1)
            );
            File.WriteAllText(tls.Certificate, certificate.ExportCertificatePem());
            File.WriteAllText(tls.Key, key.ExportPkcs8PrivateKeyPem());
        }

        await using (var server = await TestServer.StartAsync(folder: folder, config: new() { Listen = "https://0.0.0.0:0", Tls = tls }))
        {
            using var client = new HttpClient(
                new HttpClientHandler
                {
                    ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
                }
            )
            {
                BaseAddress = new Uri($"https://127.0.0.1:{server.Address.Port}"),
            };
            var password = (await File.ReadAllTextAsync(Path.Combine(server.Data, "admin-password"))).Trim();
            var answer = await client.PostAsJsonAsync("/api/v1/session", new { user = "admin", password });
            Assert.Contains("; secure", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);
            Assert.True(answer.Headers.Contains("Strict-Transport-Security"));
        }

        File.WriteAllText(tls.Key, "no key");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            TestServer.StartAsync(folder: folder, config: new() { Listen = "https://0.0.0.0:0", Tls = tls })
        );
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Two_servers_cannot_share_a_data_folder()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(
            ErrorCatalog.StateUnavailable,
            (await Assert.ThrowsAsync<HoldfastException>(() => TestServer.StartAsync(folder: server.Folder))).Error
        );
        using var client = server.Client();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz")).StatusCode);
    }

    [Fact]
    public async Task Environment_variables_of_the_framework_are_ignored()
    {
        Environment.SetEnvironmentVariable("ASPNETCORE_URLS", "http://0.0.0.0:1");
        try
        {
            await using var server = await TestServer.StartAsync();
            Assert.Equal("127.0.0.1", server.Address.Host);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ASPNETCORE_URLS", null);
        }
    }
}
