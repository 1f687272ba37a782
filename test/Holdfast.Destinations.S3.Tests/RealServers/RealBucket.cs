using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;
using Holdfast.Testing.S3.Servers;

namespace Holdfast.Destinations.S3.Tests.RealServers;

/// <summary>A bucket of a test at a real server, and a client of the SDK for what the driver does not do.</summary>
internal sealed class RealBucket : IDisposable
{
    private static int s_count;

    private RealBucket(string endpoint, StubCredentials owner, string bucket)
    {
        Client = new AmazonS3Client(
            new BasicAWSCredentials(owner.AccessKey, owner.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = endpoint,
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            }
        );
        Config = new()
        {
            Bucket = bucket,
            Prefix = $"holdfast{Interlocked.Increment(ref s_count)}",
            Endpoint = new(endpoint),
            PathStyle = true,
            AccessKey = owner.AccessKey,
        };
        Owner = owner;
    }

    /// <summary>The owner's client.</summary>
    public AmazonS3Client Client { get; }

    /// <summary>Settings of a destination in the bucket.</summary>
    public S3Config Config { get; }

    /// <summary>Who owns the bucket.</summary>
    public StubCredentials Owner { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates a bucket of radosgw.</summary>
    public static async Task<RealBucket> CreateAsync(RadosGateway gateway, bool locks = false)
    {
        var name = $"bucket-{Guid.NewGuid():n}";
        var bucket = new RealBucket(gateway.Endpoint, RadosGateway.Owner, name);
        await bucket.Client.PutBucketAsync(new PutBucketRequest { BucketName = name, ObjectLockEnabledForBucket = locks }, Token);
        return bucket;
    }

    /// <summary>The bucket of s3rver.</summary>
    public static RealBucket Of(S3rver server) => new(server.Endpoint, S3rver.Owner, S3rver.Bucket);

    /// <summary>Initializes and opens a destination in the bucket.</summary>
    public Task<IDestination> OpenAsync(Func<S3Config, S3Config>? change = null, string? secretKey = null) =>
        StubDestinations.OpenAsync((change ?? (c => c))(Config), secretKey: secretKey ?? Owner.SecretKey);

    /// <summary>Opens a destination with the capabilities that its test finds.</summary>
    public async Task<IDestination> OpenProbedAsync(Func<S3Config, S3Config>? change = null)
    {
        var root = StubDestinations.CreateRoot((change ?? (c => c))(Config), secretKey: Owner.SecretKey);
        var identity = await root.InitializeAsync(Token);
        DestinationProbe probe;
        await using (var destination = await root.OpenAsync(identity, Token))
        {
            probe = await destination.ProbeAsync(deletes: true, Token);
        }
        return await root.OpenAsync(identity, Token, probe.Capabilities);
    }

    /// <summary>Sets the bucket's policy.</summary>
    public Task GrantAsync(string policy) => Client.PutBucketPolicyAsync(Config.Bucket, policy, Token);

    /// <summary>Opens a destination with the access key of the limited user, which may not be able to read its marker.</summary>
    public Task<IDestination> OpenAsLimitedAsync() =>
        StubDestinations
            .CreateRoot(Config with { AccessKey = RadosGateway.Limited.AccessKey }, secretKey: RadosGateway.Limited.SecretKey)
            .OpenAsync(null, Token);

    public void Dispose() => Client.Dispose();
}
