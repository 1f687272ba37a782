using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;

namespace Holdfast.Destinations.S3.Tests.RealServers;

/// <summary>A careless clone: the test of a destination finds what it does wrong.</summary>
public sealed class S3rverTests(Servers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Failure_1_and_2_the_test_finds_the_mode_that_works_and_names_what_is_wrong()
    {
        using var bucket = RealBucket.Of(await servers.S3rverAsync());
        await using var destination = await bucket.OpenAsync();
        var probe = await destination.ProbeAsync(deletes: true, Token);
        Assert.False(probe.Capabilities.ConditionalPut);
        Assert.False(probe.Capabilities.ConditionalComplete);
        Assert.False(probe.Capabilities.ListsUnfinished);
        Assert.Contains(probe.Notes, n => n.Contains("ignores conditions", StringComparison.Ordinal));
        Assert.Contains(probe.Notes, n => n.Contains("counted from the end", StringComparison.Ordinal));
        Assert.Empty(await destination.ListTreeAsync("", Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Failure_1_the_framing_of_chunked_signing_which_it_would_store_is_sent_in_no_mode()
    {
        using var bucket = RealBucket.Of(await servers.S3rverAsync());
        await using var destination = await bucket.OpenAsync(c => c with { Mode = S3Mode.Aws });
        await destination.PublishAsync("file", Files.Bytes(1_000_000));
        Assert.Equal(Files.Bytes(1_000_000), await destination.ReadAsync("file"));

        // What the SDK does by itself.
        await bucket.Client.PutObjectAsync(
            new()
            {
                BucketName = bucket.Config.Bucket,
                Key = "framed",
                InputStream = new MemoryStream(new byte[1000]),
            },
            Token
        );
        Assert.NotEqual(1000, (await bucket.Client.GetObjectMetadataAsync(bucket.Config.Bucket, "framed", Token)).ContentLength);
    }
}
