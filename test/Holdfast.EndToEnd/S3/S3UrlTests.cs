using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Holdfast.Testing.S3;

namespace Holdfast.EndToEnd.S3;

/// <summary>The command on a bare machine, with URLs of buckets in place of paths.</summary>
public sealed class S3UrlTests : IAsyncLifetime
{
    private const string Root = "s3://backups/production";

    private readonly Workspace _place = new();
    private S3Stub? _store;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Store => _store!;

    public async ValueTask InitializeAsync()
    {
        _store = await S3Stub.StartAsync();
        _place.Environment["AWS_ACCESS_KEY_ID"] = S3Stub.Credentials.AccessKey;
        _place.Environment["AWS_SECRET_ACCESS_KEY"] = S3Stub.Credentials.SecretKey;
        _place.Environment["AWS_ENDPOINT_URL_S3"] = Store.Endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        _place.Dispose();
        await Store.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Workspace.Types), MemberType = typeof(Workspace))]
    public async Task A_chain_in_a_bucket_is_listed_verified_restored_extracted_and_removed(string type)
    {
        _place.Make("a.db", rows: 300);
        await BackupAsync(type, "full");
        var first = _place.SourceContents("a.db");
        _place.Sql("a.db", "INSERT INTO t SELECT 100000 + id, randomblob(100), '' FROM t");
        var report = await BackupAsync(type, "incremental");
        Assert.Equal("Incremental", report["items"]![0]!["kind"]!.GetValue<string>());

        var points = (await _place.JsonAsync(0, "points", Root))["items"]!.AsArray();
        Assert.Equal(2, points.Count);
        var chain = points[0]!["folder"]!.GetValue<string>();
        Assert.StartsWith($"{Root}/local/a.db/", chain, StringComparison.Ordinal);
        foreach (var path in (string[])[Root, $"{Root}/local", $"{Root}/local/a.db", $"{Root}/local/a.db/", chain])
        {
            await _place.ComesBackAsync(path, _place.SourceContents("a.db"));
        }
        await _place.ComesBackAsync(points[1]!["path"]!.GetValue<string>(), first); // an archive by its own URL
        Assert.Contains("2 of 2 archives are intact", (await _place.HoldfastAsync(0, "verify", Root)).Output, StringComparison.Ordinal);
        var extracted = await _place.JsonAsync(0, "extract", chain, "--to", $"{_place.Out}/files");
        Assert.True(File.Exists(extracted["files"]![0]!.GetValue<string>()));

        await _place.HoldfastAsync(2, "chain", "remove", chain);
        // As a server leaves it: it names a chain that does not exist any more.
        Store.Bucket().Objects["production/local/a.db/.holdfast-catalog"] = Store.Bucket().Objects.First().Value;
        await _place.HoldfastAsync(0, "chain", "remove", chain, "--yes");
        await _place.HoldfastAsync(3, "points", Root);
        Assert.DoesNotContain(Store.Bucket().Objects.Keys, k => k.Contains("local/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_and_a_bucket_that_were_copied_onto_each_other_restore()
    {
        _place.Make("a.db", rows: 300);
        await _place.BackupAsync(0, "snapshot", "full");
        _place.Sql("a.db", "DELETE FROM t WHERE id % 3 = 0");
        await _place.BackupAsync(0, "snapshot", "incremental");
        foreach (var file in Workspace.Files(_place.Destination))
        {
            Store.Bucket().Objects[$"copied/{Path.GetRelativePath(_place.Destination, file)}"] = new()
            {
                Content = [await File.ReadAllBytesAsync(file, Token)],
                ETag = "0123456789abcdef0123456789abcdef",
                Modified = DateTimeOffset.UnixEpoch,
            };
        }
        await _place.ComesBackAsync("s3://backups/copied/local/a.db", _place.SourceContents("a.db"));
        await _place.HoldfastAsync(0, "verify", "s3://backups/copied");

        await BackupAsync("snapshot", "full");
        var folder = $"{_place.Root}/copy";
        foreach (var (key, stored) in Store.Bucket().Objects.Where(o => o.Key.StartsWith("production/", StringComparison.Ordinal)))
        {
            var path = Path.Combine(folder, key);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, stored.ToArray(), Token);
        }
        await _place.ComesBackAsync($"{folder}/production/local/a.db", _place.SourceContents("a.db"));
        await _place.HoldfastAsync(0, "verify", $"{folder}/production");
    }

    [Fact]
    public async Task A_file_with_settings_replaces_the_environment()
    {
        _place.Make("a.db");
        await BackupAsync("snapshot", "full");
        _place.Environment.Clear();
        var settings = new JsonObject
        {
            ["kind"] = "s3",
            ["bucket"] = S3Stub.DefaultBucket,
            ["endpoint"] = Store.Endpoint,
            ["accessKey"] = S3Stub.Credentials.AccessKey,
            ["secretKey"] = S3Stub.Credentials.SecretKey,
        };
        var file = $"{_place.Root}/store.json";
        await Served.SecretAsync(file, settings.ToJsonString());
        var listed = await _place.HoldfastAsync(0, "points", Root, "--destination-settings", file);
        Assert.Contains("local/a.db", listed.Output, StringComparison.Ordinal);

        var other = await _place.HoldfastAsync(2, "points", "s3://another/production", "--destination-settings", file);
        Assert.Contains("is for bucket 'backups', but the URL names 'another'", other.Error, StringComparison.Ordinal);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var readable = await _place.HoldfastAsync(2, "points", Root, "--destination-settings", file);
        Assert.Contains("has mode 0640", readable.Error, StringComparison.Ordinal);
        await _place.HoldfastAsync(2, "points", _place.Destination, "--destination-settings", file);
    }

    [Theory]
    [InlineData("gs://bucket/prefix", 2, "'gs://' is not a known kind of destination")]
    [InlineData("s3://", 2, "names no bucket")]
    [InlineData("s3:///prefix", 2, "names no bucket")]
    [InlineData("s3://backups/a/../b", 2, "has a part that is empty, '.' or '..'")]
    [InlineData("s3://a b/prefix", 2, "'a b' is not a valid name of a bucket")]
    [InlineData("s3://missing/prefix", 8, "the bucket does not exist")]
    [InlineData("s3://backups/nothing", 3, "No backup was found in 's3://backups/nothing'")]
    public async Task An_invalid_URL_is_explained(string url, int exitCode, string message) =>
        Assert.Contains(message, (await _place.HoldfastAsync(exitCode, "points", url)).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Credentials_in_a_URL_are_refused_and_not_repeated()
    {
        var refused = await _place.HoldfastAsync(2, "points", "s3://AKIA:planted-secret@backups/production");
        Assert.DoesNotContain("planted-secret", refused.Output + refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_and_wrong_credentials_are_explained()
    {
        _place.Environment["AWS_SECRET_ACCESS_KEY"] = "a-wrong-secret";
        var wrong = await _place.HoldfastAsync(8, "points", Root);
        Assert.Contains("SignatureDoesNotMatch", wrong.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("a-wrong-secret", wrong.Error, StringComparison.Ordinal);
        _place.Environment["AWS_SECRET_ACCESS_KEY"] = "";
        var missing = await _place.HoldfastAsync(2, "points", Root);
        Assert.Contains("AWS_SECRET_ACCESS_KEY is not set", missing.Error, StringComparison.Ordinal);
        _place.Environment["AWS_ACCESS_KEY_ID"] = "";
        missing = await _place.HoldfastAsync(2, "points", Root);
        Assert.Contains("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set", missing.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "AuthorizationHeaderMalformed")]
    [InlineData(301, "PermanentRedirect")]
    public async Task A_wrong_region_is_explained(int status, string code)
    {
        Store.Fault = _ => new() { Status = status, Code = code };
        var failed = await _place.HoldfastAsync(8, "points", Root);
        Assert.Contains("region", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_whose_authority_a_bundle_names_is_trusted()
    {
        using var certificate = CreateCertificate("store");
        using var another = CreateCertificate("another");
        await using var store = await S3Stub.StartAsync(certificate: certificate);
        _place.Environment["AWS_ENDPOINT_URL_S3"] = store.Endpoint;
        _place.Make("a.db");
        await _place.HoldfastAsync(8, "points", Root);
        await File.WriteAllTextAsync(
            $"{_place.Root}/bundle.pem",
            $"{another.ExportCertificatePem()}\n{certificate.ExportCertificatePem()}\n",
            Token
        );
        _place.Environment["AWS_CA_BUNDLE"] = $"{_place.Root}/bundle.pem";
        await BackupAsync("snapshot", "full");
        await _place.ComesBackAsync($"{Root}/local/a.db", _place.SourceContents("a.db"));
    }

    [Theory]
    [InlineData("s3:backups")]
    [InlineData("s3:/backups")]
    [InlineData("2026-11-30T12:00:00")]
    public async Task A_path_with_a_colon_stays_a_path(string path)
    {
        _place.Make("a.db");
        var folder = $"{_place.Root}/{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        await Child.RunAsync(
            Child.Holdfast,
            ["backup", "--source", _place.Source, "--to", path, "--type", "snapshot"],
            data: _place.Data,
            folder: _place.Root
        );
        Assert.True(Directory.Exists($"{folder}/local/a.db"));
        Assert.Empty(Store.Requests);
    }

    [Fact]
    public async Task Restoring_a_chain_from_a_bucket_takes_few_requests()
    {
        _place.Make("a.db", rows: 3000);
        await BackupAsync("snapshot", "full");
        _place.Sql("a.db", "UPDATE t SET v = randomblob(1000) WHERE id % 100 = 0");
        await BackupAsync("snapshot", "incremental");
        Store.ResetRequests();
        await _place.ComesBackAsync($"{Root}/local/a.db", _place.SourceContents("a.db"));
        // The listing, where the root is, the headers of both archives, and both archives: three to open, and the pages.
        Assert.InRange(Store.Requests.Count, 8, 22);
    }

    private Task<JsonNode> BackupAsync(string type, string kind) =>
        _place.JsonAsync(0, "backup", "--source", _place.Source, "--to", Root, "--type", type, "--kind", kind);

    private static X509Certificate2 CreateCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null); // with a key that a server can use
    }
}
