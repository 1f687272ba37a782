using Holdfast.Archive.Items;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines.PostgreSql.Tests;

/// <summary>A test with the shared server that leaves no database behind.</summary>
[Trait("Category", "Slow")]
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
        await foreach (var database in source.DiscoverAsync(Token))
        {
            found.Add(database);
        }
        return found;
    }

    protected async Task<(MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint)> BackUpAsync(
        string name,
        PostgreSqlSourceConfig? config = null
    )
    {
        await using var source = Attach(config ?? Cluster.Source());
        var found = (await DiscoverAsync(source)).Single(d => d.Name == name);
        await using var view = await source.OpenViewAsync(found, new(BackupType.Backup, null), Token);
        var items = new MemoryItems();
        return (items, await view.WriteAsync(items, Token));
    }

    /// <summary>Restores the backup.</summary>
    /// <returns>The warnings.</returns>
    protected static async Task<IReadOnlyList<string>> RestoreAsync(
        PostgreSqlSourceConfig config,
        string name,
        IItemSource items,
        IReadOnlyDictionary<string, string> fingerprint
    )
    {
        await using var source = Attach(config);
        await using var target = await source.BeginRestoreAsync(new(name, BackupType.Backup, null, fingerprint, 1), Token);
        await target.LoadAsync(items, Token);
        await target.CommitAsync(Token);
        return target.Warnings;
    }

    protected async Task AssertNothingLeftAsync()
    {
        Assert.Empty(await Cluster.QueryAsync("postgres", @"SELECT datname FROM pg_database WHERE datname LIKE '\_holdfast%'"));
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "holdfast-postgresql-*"));
    }
}
