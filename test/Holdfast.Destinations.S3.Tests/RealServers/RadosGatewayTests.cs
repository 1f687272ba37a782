using System.Text.RegularExpressions;
using Amazon.S3;
using Amazon.S3.Model;
using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3.Servers;

namespace Holdfast.Destinations.S3.Tests.RealServers;

/// <summary>What only a real store can show: signatures, encryption, storage classes, policies, locks.</summary>
public sealed class RadosGatewayTests(Servers servers)
{
    private const int Large = 20_000_000;

    // Whoever has stored an object may read it, so what is not granted is denied.
    private static readonly string[] Rights =
    [
        "s3:PutObject",
        "s3:GetObject",
        "s3:AbortMultipartUpload",
        "s3:ListBucket",
        "s3:DeleteObject",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_secret_is_refused_with_a_clear_message()
    {
        using var bucket = await CreateAsync();
        var error = await Assert.ThrowsAsync<HoldfastException>(() => bucket.OpenAsync(secretKey: "wrong-secret-4711"));
        Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        Assert.Contains("SignatureDoesNotMatch", error.Message, StringComparison.Ordinal);
        Assert.Equal("Check the access key and its secret, and the region.", error.Hint);
        Assert.DoesNotContain("4711", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_access_key_is_refused_with_a_clear_message()
    {
        using var bucket = await CreateAsync();
        var error = await Assert.ThrowsAsync<HoldfastException>(() => bucket.OpenAsync(c => c with { AccessKey = "NOBODY" }));
        Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        Assert.Contains("InvalidAccessKeyId", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_bucket_is_named()
    {
        using var bucket = await CreateAsync();
        var error = await Assert.ThrowsAsync<HoldfastException>(() => bucket.OpenAsync(c => c with { Bucket = "never-created" }));
        Assert.Contains("the bucket does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nothing_trusts_is_refused()
    {
        var gateway = await servers.GatewayAsync();
        using var bucket = await RealBucket.CreateAsync(gateway);
        var error = await Assert.ThrowsAsync<HoldfastException>(() =>
            bucket.OpenAsync(c => c with { Endpoint = new(gateway.SecureEndpoint) })
        );
        Assert.Contains("certificate", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Objects_are_encrypted_by_the_store(bool kms)
    {
        using var bucket = await CreateAsync();
        await using var destination = await bucket.OpenProbedAsync(c =>
            c with
            {
                Encryption = kms ? ServerSideEncryption.Kms : ServerSideEncryption.Aes256,
                KmsKey = kms ? RadosGateway.KmsKey : null,
            }
        );
        foreach (var (path, length) in new Dictionary<string, int> { ["small"] = 1000, ["large"] = Large })
        {
            await destination.PublishAsync(path, Files.Bytes(length));
            Assert.Equal(Files.Bytes(length), await destination.ReadAsync(path));
            var head = await bucket.Client.GetObjectMetadataAsync(bucket.Config.Bucket, $"{bucket.Config.Prefix}/{path}", Token);
            // It does not say that it has used a key of its own.
            Assert.Equal(kms ? "aws:kms" : "", head.ServerSideEncryptionMethod?.Value ?? "");
        }
    }

    [Fact]
    public async Task Archives_have_the_storage_class_and_claims_have_not()
    {
        using var bucket = await CreateAsync();
        await using var destination = await bucket.OpenProbedAsync(c => c with { StorageClass = "GLACIER" });
        await destination.PublishAsync("index", [1], UploadHint.Claim);
        await destination.PublishAsync("small", [1]);
        await destination.PublishAsync("large", Files.Bytes(Large));
        var entries = await destination.ListAsync("", Token).ToDictionaryAsync(e => e.Name, e => e.IsCold, cancellationToken: Token);
        Assert.Equal([("index", false), ("large", true), ("small", true)], entries.Select(e => (e.Key, e.Value)));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(200_000)] // its content is sent with the request
    [InlineData(1_000_000)]
    public async Task A_connection_that_a_refused_upload_has_left_in_disorder_disturbs_nothing(int length)
    {
        using var bucket = await CreateAsync();
        await using var destination = await bucket.OpenAsync(c => c with { StorageClass = "NOPE" });
        for (var i = 0; i < 10; i++)
        {
            var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.PublishAsync("refused", Files.Bytes(length + i)));
            Assert.Contains("InvalidArgument", error.Message, StringComparison.Ordinal);
            await destination.PublishAsync($"index{i}", [(byte)i], UploadHint.Claim);
            Assert.Equal([(byte)i], await destination.ReadAsync($"index{i}"));
        }
        Assert.Equal(10, await destination.ListAsync("", Token).CountAsync(Token));
    }

    [Fact]
    public async Task More_files_than_a_page_has_are_listed_and_deleted()
    {
        using var bucket = await CreateAsync();
        await using var destination = await bucket.OpenProbedAsync();
        var paths = Enumerable.Range(0, 1100).Select(i => $"many/{i:D4}").ToList();
        await Parallel.ForEachAsync(
            paths,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token },
            async (path, _) => await destination.PublishAsync(path, [1], UploadHint.Claim)
        );
        Assert.Equal(1100, await destination.ListAsync("many", Token).CountAsync(Token));
        Assert.Equal(1100, await destination.ListTreeAsync("", Token).CountAsync(Token));
        Assert.Empty(await destination.DeleteManyAsync(paths, Token));
        Assert.Empty(await destination.ListTreeAsync("", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Failure_18_in_a_bucket_with_a_default_lock_everything_works_that_Holdfast_does()
    {
        using var bucket = await CreateAsync(locks: true);
        await bucket.Client.PutObjectLockConfigurationAsync(
            new PutObjectLockConfigurationRequest
            {
                BucketName = bucket.Config.Bucket,
                ObjectLockConfiguration = new()
                {
                    ObjectLockEnabled = ObjectLockEnabled.Enabled,
                    Rule = new()
                    {
                        DefaultRetention = new() { Mode = ObjectLockRetentionMode.Governance, Days = 1 },
                    },
                },
            },
            Token
        );
        var root = StubDestinations.CreateRoot(bucket.Config, secretKey: bucket.Owner.SecretKey);
        var identity = await root.InitializeAsync(Token);
        await using var destination = await root.OpenAsync(identity, Token);
        var probe = await destination.ProbeAsync(deletes: true, Token);
        Assert.Contains(probe.Notes, n => n.Contains("keeps versions", StringComparison.Ordinal));

        await destination.PublishAsync("small", [1], UploadHint.Claim);
        await destination.PublishAsync("large", Files.Bytes(Large));
        Assert.Equal(Files.Bytes(Large), await destination.ReadAsync("large"));

        // What is rewritten: the catalog and the instructions are deleted and published again, the marker is replaced.
        await destination.DeleteAsync("small", Token);
        await destination.PublishAsync("small", [2], UploadHint.Claim);
        Assert.Equal([2], await destination.ReadAsync("small"));
        await bucket.Client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = bucket.Config.Bucket,
                Key = $"{bucket.Config.Prefix}/{DestinationIdentity.FileName}",
                ContentBody = "damaged",
                UseChunkEncoding = false,
            },
            Token
        );
        Assert.NotEqual(identity, await root.InitializeAsync(Token));

        Assert.Empty(await destination.DeleteManyAsync(["small", "large"], Token));
        Assert.Empty(await destination.ListTreeAsync("", Token).ToListAsync(Token));
        var versions = await bucket.Client.ListVersionsAsync(bucket.Config.Bucket, bucket.Config.Prefix, Token);
        Assert.Contains(versions.Versions, v => v.Key.EndsWith("/large", StringComparison.Ordinal) && v.IsDeleteMarker != true);
    }

    [Theory]
    [InlineData("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListBucket", "s3:DeleteObject")]
    [InlineData("s3:ListBucket", "s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:DeleteObject")]
    [InlineData("s3:DeleteObject", "s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListBucket")]
    [InlineData("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListBucket", "s3:DeleteObject")]
    [InlineData("s3:GetObject", "s3:PutObject")]
    public async Task The_test_names_the_right_that_is_missing(string missing, params string[] granted)
    {
        using var bucket = await CreateAsync();
        await (await bucket.OpenAsync()).DisposeAsync(); // the owner initializes it
        await bucket.GrantAsync(
            $$"""
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["{{RadosGateway.LimitedPrincipal}}"]},
            "Action":[{{string.Join(',', granted.Select(g => $"\"{g}\""))}}],
            "Resource":["arn:aws:s3:::{{bucket.Config.Bucket}}","arn:aws:s3:::{{bucket.Config.Bucket}}/*"]},
            {"Effect":"Deny","Principal":{"AWS":["{{RadosGateway.LimitedPrincipal}}"]},"Action":[{{string.Join(
                ',',
                Rights.Except(granted).Select(g => $"\"{g}\"")
            )}}],
            "Resource":["arn:aws:s3:::{{bucket.Config.Bucket}}","arn:aws:s3:::{{bucket.Config.Bucket}}/*"]}]}
            """
        );
        await using var destination = await bucket.OpenAsLimitedAsync();
        var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.ProbeAsync(deletes: true, Token));
        Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        Assert.Contains($"lacks the right {missing}.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_policies_of_the_documentation_suffice(bool deletes)
    {
        using var bucket = await CreateAsync();
        await (await bucket.OpenAsync()).DisposeAsync(); // the owner initializes it
        var policy = Policies().Single(p => p.Contains("s3:DeleteObject", StringComparison.Ordinal) == deletes);
        await bucket.GrantAsync(
            policy
                .Replace(
                    "\"Effect\"",
                    $"\"Principal\": {{\"AWS\": [\"{RadosGateway.LimitedPrincipal}\"]}}, \"Effect\"",
                    StringComparison.Ordinal
                )
                .Replace("arn:aws:s3:::backups", $"arn:aws:s3:::{bucket.Config.Bucket}", StringComparison.Ordinal)
                .Replace("/holdfast/production/*", $"/{bucket.Config.Prefix}/*", StringComparison.Ordinal)
        );
        await using var destination = await bucket.OpenAsLimitedAsync();
        var probe = await destination.ProbeAsync(deletes, Token);
        Assert.Equal(deletes ? 0 : 1, probe.Notes.Count(n => n.Contains("may not delete", StringComparison.Ordinal)));

        await destination.PublishAsync("large", Files.Bytes(Large));
        Assert.Equal(Files.Bytes(Large), await destination.ReadAsync("large"));
        var upload = await destination.BeginUploadAsync("unfinished", UploadHint.None, Token);
        await upload.WriteAsync(Files.Bytes(Large), Token);
        var unfinished = Assert.Single(await destination.ListUnfinishedAsync(Token).ToListAsync(Token));
        await destination.FindLastActivityAsync(unfinished, Token);
        await upload.DisposeAsync();
        Assert.Empty(await destination.ListUnfinishedAsync(Token).ToListAsync(Token));
        if (deletes)
        {
            await destination.DeleteAsync("large", Token);
        }
        else
        {
            var error = await Assert.ThrowsAsync<HoldfastException>(() => destination.DeleteAsync("large", Token));
            Assert.Equal(ErrorCatalog.DestinationDenied, error.Error);
        }
    }

    private static IEnumerable<string> Policies() =>
        Regex
            .Matches(
                File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "docs/s3.md")),
                "^```json\n(.*?)^```$",
                RegexOptions.Multiline | RegexOptions.Singleline
            )
            .Select(m => m.Groups[1].Value)
            .Where(b => b.Contains("\"Statement\"", StringComparison.Ordinal));

    private async Task<RealBucket> CreateAsync(bool locks = false) => await RealBucket.CreateAsync(await servers.GatewayAsync(), locks);
}
