using Holdfast.Destinations.Limits;
using Holdfast.Destinations.Network;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Credentials;
using Holdfast.Destinations.S3.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3;

/// <summary>A prefix of a bucket.</summary>
/// <param name="config">The settings.</param>
/// <param name="secrets">The secrets.</param>
/// <param name="environment">What this node allows and offers.</param>
internal sealed class S3DestinationRoot(S3Config config, DestinationSecrets secrets, S3Environment environment) : IDestinationRoot
{
    /// <inheritdoc/>
    public string Name => config.Url;

    /// <inheritdoc/>
    public string LocationKey => S3Config.BucketKey;

    /// <inheritdoc/>
    public string SecretAddress => $"{config.Endpoint?.GetLeftPart(UriPartial.Authority) ?? "aws"}/{config.Bucket}";

    /// <inheritdoc/>
    public string ProbedAs =>
        $"{SecretAddress} {Name}"
        + (config.Mode == S3Mode.Auto ? "" : $" {config.Mode}")
        + (config.MaxParts == S3Config.MostParts ? "" : $" {config.MaxParts}");

    /// <inheritdoc/>
    public DestinationPolicy Policy => config.Policy;

    /// <inheritdoc/>
    public IReadOnlyList<IDestinationRoot> Enclosing
    {
        get
        {
            var enclosing = new List<IDestinationRoot>();
            for (var prefix = config.Prefix; prefix.Length > 0; )
            {
                prefix = prefix.LastIndexOf('/') is > 0 and var slash ? prefix[..slash] : "";
                enclosing.Add(new S3DestinationRoot(config with { Prefix = prefix }, secrets, environment));
            }
            return enclosing;
        }
    }

    /// <inheritdoc/>
    public Task<IDestinationRoot> ResolveAsync(CancellationToken cancellationToken)
    {
        if (config.Endpoint is { } endpoint)
        {
            _ = OutgoingAddressPolicy.Validate(endpoint.OriginalString);
        }
        environment.CheckAllowed(config);
        return Task.FromResult<IDestinationRoot>(this);
    }

    /// <inheritdoc/>
    public async Task<string> InitializeAsync(CancellationToken cancellationToken)
    {
        using var bucket = await ConnectAsync(cancellationToken);
        return await IdentityObject.InitializeAsync(bucket, config, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string?> FindIdentityAsync(CancellationToken cancellationToken)
    {
        using var bucket = await ConnectAsync(cancellationToken);
        return await IdentityObject.FindAsync(bucket, config, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IDestination> OpenAsync(
        string? identity,
        CancellationToken cancellationToken,
        DestinationCapabilities? capabilities = null
    )
    {
        var destination = new S3Destination(
            await ConnectAsync(cancellationToken),
            config,
            identity,
            capabilities ?? S3Destination.DefaultCapabilities(config),
            environment.Time
        );
        try
        {
            await destination.CheckIdentityAsync(cancellationToken);
            return destination;
        }
        catch
        {
            await destination.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Contains(IDestinationRoot other) => other is S3DestinationRoot s3 && Contains(s3.Config);

    private S3Config Config => config;

    private bool Contains(S3Config other) =>
        (config.Bucket, Host(config)) == (other.Bucket, Host(other))
        && (
            config.Prefix.Length == 0
            || other.Prefix == config.Prefix
            || other.Prefix.StartsWith($"{config.Prefix}/", StringComparison.Ordinal)
        );

    private static string Host(S3Config c) => c.IsAws ? "aws" : c.Endpoint!.Authority.ToLowerInvariant();

    private async Task<S3Bucket> ConnectAsync(CancellationToken cancellationToken)
    {
        var limits = config.Policy.Apply(environment.Limits);
        var credentials = await S3CredentialsFactory.CreateAsync(config, secrets, environment, cancellationToken);
        var pipeline = new RequestPipeline(limits, e => e is S3Failure { IsTemporary: true }, environment.Time);
        var clock = new ServerClock(environment.Time);
        var client = S3ClientFactory.Create(config, credentials, environment with { Limits = limits }, pipeline.Meter, clock);
        return new(client, config, new(credentials), pipeline, limits)
        {
            Clock = clock,
            PartMemory = environment.FindPartMemory(SecretAddress),
        };
    }
}
