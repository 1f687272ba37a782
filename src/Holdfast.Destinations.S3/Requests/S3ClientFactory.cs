using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;
using Amazon.S3;
using Holdfast.Destinations.Network;
using Holdfast.Destinations.Requests;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>Creates clients of the SDK that neither retry, time out nor log: the request pipeline does.</summary>
internal static class S3ClientFactory
{
    // A server that never answers "100 Continue" gets the body after this time.
    private static readonly TimeSpan ContinueTimeout = TimeSpan.FromSeconds(1);

    private const int BufferBytes = 64 << 10;

    /// <summary>Creates a client.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="credentials">The credentials.</param>
    /// <param name="environment">Limits of connections, and how hosts are resolved.</param>
    /// <param name="meter">Counts the requests that go out.</param>
    /// <param name="clock">Receives the store's time.</param>
    public static AmazonS3Client Create(
        S3Config config,
        AWSCredentials credentials,
        S3Environment environment,
        RequestMeter meter,
        ServerClock clock
    )
    {
        var client = new AmazonS3Config
        {
            AuthenticationRegion = config.Region,
            ForcePathStyle = config.PathStyle,
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            ThrottleRetries = false,
            Timeout = Timeout.InfiniteTimeSpan,
            BufferSize = BufferBytes,
            DisableLogging = true,
            IgnoreConfiguredEndpointUrls = true,
            HttpClientFactory = new Handlers(config, environment, meter, clock),
            HttpClientCacheSize = 1,
            RequestChecksumCalculation = config.IsCompatible
                ? RequestChecksumCalculation.WHEN_REQUIRED
                : RequestChecksumCalculation.WHEN_SUPPORTED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED, // archives have their own
        };
        if (config.Endpoint is { } endpoint)
        {
            client.ServiceURL = endpoint.GetLeftPart(UriPartial.Authority);
        }
        else
        {
            client.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(config.Region);
        }
        return new S3Client(credentials, client);
    }

    /// <summary>The handler of a client's connections, which checks each address and trusts the given authority.</summary>
    public static SocketsHttpHandler CreateHandler(S3Config config, S3Environment environment, RequestMeter meter)
    {
        var limits = environment.Limits;
        var handler = OutgoingAddressPolicy.CreateHandler(environment.Resolve);
        handler.ConnectTimeout = limits.ConnectTimeout;
        handler.PooledConnectionLifetime = limits.ConnectionLifetime;
        handler.PlaintextStreamFilter = (context, _) => ValueTask.FromResult<Stream>(new MeteredStream(context.PlaintextStream, meter));
        handler.Expect100ContinueTimeout = ContinueTimeout;
        handler.MaxConnectionsPerServer = limits.MaxConcurrency;
        handler.AutomaticDecompression = DecompressionMethods.None;
        if (config.CaCertificate is { } pem)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = new OwnAuthority(pem).Validate;
        }
        return handler;
    }

    // The SDK keeps the client, and with it the connections, until its own client is disposed; it would create one for each request else.
    private sealed class Handlers(S3Config config, S3Environment environment, RequestMeter meter, ServerClock clock) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
            new(new ClockReadingHandler(new SmallContentHandler(CreateHandler(config, environment, meter)), clock))
            {
                Timeout = Timeout.InfiniteTimeSpan,
            };

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => true;
    }

    // The certificates of the system are trusted too: the chain is built again with the given one as a root only if they do not suffice.
    private sealed class OwnAuthority(string pem)
    {
        private readonly X509Certificate2Collection _authorities = ReadPem(pem);

        public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (errors == SslPolicyErrors.None)
            {
                return true;
            }
            if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 server)
            {
                return false;
            }
            using var own = new X509Chain
            {
                ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
            };
            own.ChainPolicy.CustomTrustStore.AddRange(_authorities);
            foreach (var element in chain?.ChainElements.AsEnumerable() ?? [])
            {
                own.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
            return own.Build(server);
        }

        private static X509Certificate2Collection ReadPem(string pem)
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(pem);
            return all;
        }
    }
}
