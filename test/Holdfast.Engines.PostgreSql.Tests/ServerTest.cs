using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests;

/// <summary>A test with the server; it leaves no database behind.</summary>
public abstract class ServerTest(Cluster cluster) : IAsyncLifetime
{
    protected Cluster Cluster { get; } = cluster;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync() => default;

    public virtual async ValueTask DisposeAsync() => await Cluster.ClearAsync();

    protected static IDatabaseSource Attach(PostgreSqlSourceConfig config) => new PostgreSqlEngine().Attach(config);

    protected static async Task<List<DiscoveredDatabase>> DiscoverAsync(IDatabaseSource source)
    {
        var found = new List<DiscoveredDatabase>();
        await foreach (var database in source.DiscoverAsync(Token)) found.Add(database);
        return found;
    }
}
