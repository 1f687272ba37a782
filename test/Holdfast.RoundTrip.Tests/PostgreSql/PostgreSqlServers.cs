using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.RoundTrip.Tests.PostgreSql;

/// <summary>One server per requested version, shared by all tests of a class.</summary>
public sealed class PostgreSqlServers : IAsyncLifetime
{
    /// <summary>The version in Debian, with its <c>pg_dump</c>.</summary>
    public const int Installed = 15;

    private readonly Dictionary<int, Cluster> _servers = [];

    public ValueTask InitializeAsync() => default;

    /// <summary>Returns a server; the test is skipped if it is not installed.</summary>
    public async Task<Cluster> StartAsync(int major)
    {
        if (_servers.TryGetValue(major, out var running))
        {
            return running;
        }
        var server = major == Installed ? new Cluster() : await OtherServers.StartAsync(major);
        if (major == Installed)
        {
            await server.InitializeAsync();
        }
        _servers.Add(major, server);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }
}
