using Holdfast.Destinations.S3.Tests.RealServers;
using Holdfast.Testing.S3.Servers;

[assembly: AssemblyFixture(typeof(Servers))]

namespace Holdfast.Destinations.S3.Tests.RealServers;

/// <summary>
/// Real S3 servers, each started for the first test that asks for it and shared by all. Where one is missing, its tests are skipped.
/// </summary>
public sealed class Servers : IAsyncDisposable
{
    private readonly Lazy<Task<(RadosGateway? Server, string Reason)>> _gateway = new(() => RadosGateway.StartAsync(Script("radosgw.sh")));
    private readonly Lazy<Task<(S3rver? Server, string Reason)>> _s3rver = new(() => S3rver.StartAsync(Script("s3rver.sh")));

    /// <summary>Ceph's radosgw.</summary>
    public async Task<RadosGateway> GatewayAsync()
    {
        var (server, reason) = await _gateway.Value;
        Assert.SkipWhen(server is null, reason);
        return server!;
    }

    /// <summary>s3rver.</summary>
    public async Task<S3rver> S3rverAsync()
    {
        var (server, reason) = await _s3rver.Value;
        Assert.SkipWhen(server is null, reason);
        return server!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } && (await _gateway.Value).Server is { } gateway)
        {
            await gateway.DisposeAsync();
        }
        if (_s3rver is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } && (await _s3rver.Value).Server is { } s3rver)
        {
            await s3rver.DisposeAsync();
        }
    }

    private static string Script(string name) => Path.Combine(RepositoryRoot.Folder, "eng", name);
}
