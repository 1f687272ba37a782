using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests.Connections;

/// <summary>A primary with a streaming standby that cancels conflicting queries immediately.</summary>
public sealed class StandbyTests(Cluster cluster) : ServerTest(cluster)
{
    private Standby? _standby;

    private PostgreSqlSourceConfig Both =>
        Cluster.Source() with
        {
            Hosts = [new("127.0.0.1", Cluster.Port), new("127.0.0.1", _standby!.Port)],
        };

    public override async ValueTask InitializeAsync() => _standby = await Standby.StartAsync(Cluster, "max_standby_streaming_delay=0");

    public override async ValueTask DisposeAsync()
    {
        if (_standby is not null)
        {
            await _standby.DisposeAsync();
        }
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_backup_reads_from_the_standby_and_a_restore_uses_the_primary()
    {
        await CreateAsync();
        await using var source = Attach(Both);
        Assert.Equal(DatabaseRole.Replica, (await source.DescribeAsync(Token)).Role);
        var items = new MemoryItems();
        IReadOnlyDictionary<string, string> fingerprint;
        await using (var view = await OpenAsync(source))
        {
            Assert.Equal(0, await HeldOnPrimaryAsync());
            Assert.Contains(view.Warnings, w => w.Contains("1 unlogged table is without rows", StringComparison.Ordinal));
            fingerprint = await view.WriteAsync(items, Token);
        }

        await RestoreAsync(Both, "copy", items, fingerprint);
        Assert.Equal(["1000"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM t"));
        Assert.Equal(["0"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM fleeting"));
    }

    [Fact]
    public async Task A_restore_to_a_standby_fails_with_the_reason()
    {
        await CreateAsync();
        var (items, fingerprint) = await BackUpAsync("db");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(Both with { Hosts = [Both.Hosts[1]] }, "copy", items, fingerprint)
        );
        Assert.Equal(ErrorCatalog.NotAllowed, failure.Error);
        Assert.Contains("standby", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_two_recovery_conflicts_the_primary_is_used()
    {
        await CreateAsync(rows: 60_000); // more than fits into all buffers between the server and the view
        await using var source = Attach(Both);
        for (var conflict = 0; conflict < 2; conflict++)
        {
            await using var view = await OpenAsync(source);
            Assert.Equal(0, await HeldOnPrimaryAsync());
            Assert.Equal(
                ErrorCatalog.SourceConflict,
                (await Assert.ThrowsAsync<HoldfastException>(() => view.WriteAsync(new HookedSink(RemoveRowsAsync), Token))).Error
            );
        }

        await using (var view = await OpenAsync(source))
        {
            Assert.Equal(1, await HeldOnPrimaryAsync());
            await view.WriteAsync(new MemoryItems(), Token);
        }

        await using var again = await OpenAsync(source);
        Assert.Equal(0, await HeldOnPrimaryAsync()); // the next backup tries the standby again
    }

    [Fact]
    public async Task A_promotion_is_noticed_by_the_next_probe()
    {
        await using var alone = Attach(Both with { Hosts = [Both.Hosts[1]] });
        var before = await alone.DescribeAsync(Token);
        Assert.Equal(DatabaseRole.Replica, before.Role);
        await using (var connection = await OpenStandbyAsync())
        {
            await RunAsync(connection, "SELECT pg_promote()");
        }
        var after = await alone.DescribeAsync(Token);
        Assert.Equal((before.Identity, DatabaseRole.Primary), (after.Identity, after.Role));
    }

    [Fact]
    public async Task Servers_of_different_groups_are_rejected()
    {
        await using var other = new Cluster();
        await other.InitializeAsync();
        await using var source = Attach(Both with { Hosts = [Both.Hosts[0], new("127.0.0.1", other.Port)] });
        Assert.Contains(
            "do not belong to one group",
            (await Assert.ThrowsAsync<HoldfastException>(() => DiscoverAsync(source))).Message,
            StringComparison.Ordinal
        );
    }

    private async Task CreateAsync(int rows = 1000)
    {
        await Cluster.CreateAsync("db");
        await Cluster.RunAsync(
            "db",
            "CREATE TABLE t(id int PRIMARY KEY, filler text); INSERT INTO t SELECT i, repeat('x', 700) FROM "
                + $"generate_series(1, {rows}) i; CREATE UNLOGGED TABLE fleeting(x int); INSERT INTO fleeting VALUES (1)",
            Cluster.User
        );
        await _standby!.CatchUpAsync();
    }

    private static async Task<IDatabaseView> OpenAsync(IDatabaseSource source) =>
        await source.OpenViewAsync((await DiscoverAsync(source)).Single(d => d.Name == "db"), new(BackupType.Backup, null), Token);

    // Rows that the standby is still reading. Any other snapshot on the primary, such as that of autovacuum, keeps
    // VACUUM from removing them, so it runs more than once.
    private async Task RemoveRowsAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            await Cluster.RunAsync("db", "DELETE FROM t WHERE id = (SELECT min(id) FROM t)");
            await Cluster.RunAsync("db", "VACUUM (INDEX_CLEANUP OFF) t");
        }

        await _standby!.ReceiveAsync();
    }

    private async Task<int> HeldOnPrimaryAsync() =>
        int.Parse(
            Assert.Single(
                await Cluster.QueryAsync(
                    "postgres",
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = 'db' AND application_name LIKE 'holdfast backup %'"
                )
            )
        );

    private Task<NpgsqlConnection> OpenStandbyAsync() => Cluster.OpenAtAsync(_standby!.Port, "template1", Cluster.Superuser);

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
