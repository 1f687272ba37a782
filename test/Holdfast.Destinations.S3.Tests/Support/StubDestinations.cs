using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests.Support;

/// <summary>Opens destinations at a stub.</summary>
internal static class StubDestinations
{
    /// <summary>Limits without delays between attempts.</summary>
    public static RequestLimits Limits { get; } =
        new()
        {
            RetryDelay = TimeSpan.FromMilliseconds(1),
            MaxRetryDelay = TimeSpan.FromMilliseconds(5),
            IdleTimeout = TimeSpan.FromSeconds(20),
        };

    /// <summary>The settings of a destination at a stub.</summary>
    public static S3Config Config(S3Stub stub, string prefix = "holdfast", S3Mode mode = S3Mode.Auto) =>
        new()
        {
            Bucket = S3Stub.DefaultBucket,
            Prefix = prefix,
            Endpoint = new(stub.Endpoint),
            PathStyle = true,
            AccessKey = S3Stub.Credentials.AccessKey,
            Mode = mode,
        };

    /// <summary>The root of a destination.</summary>
    public static S3DestinationRoot CreateRoot(S3Config config, RequestLimits? limits = null, string? secretKey = null) =>
        CreateRoot(config, new S3Environment { Limits = limits ?? Limits }, secretKey);

    /// <summary>The root of a destination.</summary>
    public static S3DestinationRoot CreateRoot(S3Config config, S3Environment environment, string? secretKey = null)
    {
        var secrets = new Dictionary<string, string> { [S3Config.SecretKeyKey] = secretKey ?? S3Stub.Credentials.SecretKey };
        return new(config, DestinationSecrets.From(secrets), environment);
    }

    /// <summary>Initializes and opens a destination.</summary>
    /// <param name="config">Its settings.</param>
    /// <param name="limits">Limits of its requests. Default: <see cref="Limits"/>.</param>
    /// <param name="secretKey">The secret of the access key. Default: the right one.</param>
    public static async Task<IDestination> OpenAsync(S3Config config, RequestLimits? limits = null, string? secretKey = null)
    {
        var root = CreateRoot(config, limits, secretKey);
        var identity = await root.InitializeAsync(CancellationToken.None);
        return await root.OpenAsync(identity, CancellationToken.None);
    }
}
