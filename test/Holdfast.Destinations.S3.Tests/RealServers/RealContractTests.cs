using Holdfast.Destinations.Contract;

namespace Holdfast.Destinations.S3.Tests.RealServers;

/// <summary>The contract at Ceph's radosgw, with the capabilities that the test of a destination finds.</summary>
public sealed class RadosGatewayContractTests(Servers servers) : DestinationContract
{
    private RealBucket? _bucket;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _bucket?.Dispose();
    }

    protected override async ValueTask<IDestination> OpenAsync()
    {
        _bucket = await RealBucket.CreateAsync(await servers.GatewayAsync());
        return await _bucket.OpenProbedAsync();
    }
}

/// <summary>The contract at radosgw over TLS, where the payload is not signed, with a certificate that only the settings trust.</summary>
public sealed class SecureRadosGatewayContractTests(Servers servers) : DestinationContract
{
    private RealBucket? _bucket;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _bucket?.Dispose();
    }

    protected override async ValueTask<IDestination> OpenAsync()
    {
        var gateway = await servers.GatewayAsync();
        _bucket = await RealBucket.CreateAsync(gateway);
        return await _bucket.OpenProbedAsync(c => c with { Endpoint = new(gateway.SecureEndpoint), CaCertificate = gateway.Certificate });
    }
}

/// <summary>The contract at s3rver, in the mode that the test of a destination chooses.</summary>
public sealed class S3rverContractTests(Servers servers) : DestinationContract
{
    private RealBucket? _bucket;

    // It answers with the length of one version and the bytes of another.
    protected override bool ReplacesAtomically => false;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _bucket?.Dispose();
    }

    protected override async ValueTask<IDestination> OpenAsync()
    {
        _bucket = RealBucket.Of(await servers.S3rverAsync());
        return await _bucket.OpenProbedAsync();
    }
}
