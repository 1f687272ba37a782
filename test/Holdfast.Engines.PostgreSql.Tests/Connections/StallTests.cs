using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests.Connections;

/// <summary>No wait is unlimited: not for a network that drops packets, a stopped server or a lock.</summary>
public sealed class StallTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Big =
        "CREATE TABLE big(id int PRIMARY KEY, t text); INSERT INTO big SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 80000) g";

    [Theory]
    [InlineData(true, "has not answered for 2 s")]
    [InlineData(false, "for 2 s nothing was received from the server")]
    public async Task A_backup_over_a_stalled_network_is_aborted(bool isAll, string said)
    {
        await MakeBigAsync(Cluster);
        await using var network = new Network(Cluster.Port);
        await using var source = Attach(Impatient(Cluster, network.Port));
        await using var view = await source.OpenViewAsync((await DiscoverAsync(source)).Single(), new(BackupType.Backup, null), Token);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            view.WriteAsync(new HookedSink(() => StallAsync(network, isAll)), Token)
        );
        Assert.Equal(ErrorCatalog.SourceSilent, failure.Error);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
    }

    [Theory]
    [InlineData(true, "has not answered for 2 s")]
    [InlineData(false, "for 2 s nothing was received from the server")]
    public async Task A_restore_over_a_stalled_network_is_aborted(bool isAll, string said)
    {
        await MakeBigAsync(Cluster);
        var (items, fingerprint) = await BackUpAsync("big");
        await using var network = new Network(Cluster.Port);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(
                Impatient(Cluster, network.Port),
                "copy",
                new HookedItems(items) { Halfway = () => StallAsync(network, isAll) },
                fingerprint
            )
        );
        Assert.Equal(ErrorCatalog.SourceSilent, failure.Error);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        if (isAll)
        {
            await DropLeftoversAsync(); // nothing can be dropped while the network is down
        }
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_restore_whose_last_sessions_stall_during_an_index_build_is_aborted()
    {
        await Cluster.CreateAsync("big");
        await Cluster.RunAsync(
            "big",
            "CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN i; "
                + "END $$; CREATE TABLE t(i int); INSERT INTO t VALUES (1); CREATE INDEX ON t (slow(i))",
            Cluster.User
        );
        var (items, fingerprint) = await BackUpAsync("big");
        await using var network = new Network(Cluster.Port);
        var restore = RestoreAsync(Impatient(Cluster, network.Port), "copy", items, fingerprint);
        await Cluster.UntilAsync("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND wait_event = 'PgSleep'");
        network.Forget();
        Assert.Equal(ErrorCatalog.SourceSilent, (await Assert.ThrowsAsync<HoldfastException>(() => restore)).Error);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_restore_that_works_longer_than_the_stall_timeout_continues()
    {
        await Cluster.CreateAsync("big");
        await Cluster.RunAsync(
            "big",
            "CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(7); RETURN i; "
                + "END $$; CREATE TABLE t(i int); INSERT INTO t VALUES (1); CREATE INDEX ON t (slow(i))",
            Cluster.User
        );
        var (items, fingerprint) = await BackUpAsync("big");
        await RestoreAsync(
            Impatient(Cluster, Cluster.Port) with
            {
                StallTimeout = TimeSpan.FromSeconds(5),
                ConnectTimeout = TimeSpan.FromSeconds(5),
            },
            "copy",
            items,
            fingerprint
        );
        Assert.Equal(["1"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass"));
    }

    [Fact]
    public async Task A_session_of_another_role_with_the_application_name_of_a_restore_does_not_abort_it()
    {
        var password = Cluster.Password.Replace("'", "''", StringComparison.Ordinal);
        // as the shipped script grants it
        await Cluster.RunAsync("postgres", $"CREATE ROLE mallory LOGIN PASSWORD '{password}'; GRANT pg_read_all_stats TO {Cluster.User}");
        try
        {
            await Cluster.CreateAsync("big");
            await Cluster.RunAsync(
                "big",
                "CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(7); RETURN "
                    + "i; END $$; CREATE TABLE t(i int); INSERT INTO t VALUES (1); CREATE INDEX ON t (slow(i))",
                Cluster.User
            );
            var (items, fingerprint) = await BackUpAsync("big");
            await using var holder = await Cluster.OpenAsync("postgres");
            await using (var hold = new Npgsql.NpgsqlCommand("SELECT pg_advisory_lock(1)", holder))
            {
                await hold.ExecuteNonQueryAsync(Token);
            }
            var impatient = Impatient(Cluster, Cluster.Port) with
            {
                StallTimeout = TimeSpan.FromSeconds(60),
                ConnectTimeout = TimeSpan.FromSeconds(15),
                LockWait = TimeSpan.FromSeconds(2),
                Restore = new() { User = Cluster.Restorer, Password = _ => new(Cluster.Password) },
            };
            var restore = RestoreAsync(impatient, "copy", items, fingerprint);
            if (
                await Task.WhenAny(
                    restore,
                    Cluster.UntilAsync("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND wait_event = 'PgSleep'")
                ) == restore
            )
            {
                await restore;
            }
            await using var posing = await Cluster.OpenAsync("postgres", "mallory");
            await using var pose = new Npgsql.NpgsqlCommand(
                "SELECT set_config('application_name', application_name, false) FROM pg_stat_activity WHERE application_name "
                    + "LIKE 'holdfast restore%' LIMIT 1; SELECT pg_advisory_lock(1)",
                posing
            );
            var waiting = pose.ExecuteNonQueryAsync(Token);
            await restore;
            await holder.DisposeAsync();
            await waiting;
        }
        finally
        {
            await Cluster.ClearAsync();
            await Cluster.RunAsync("postgres", $"DROP ROLE mallory; REVOKE pg_read_all_stats FROM {Cluster.User}");
        }
    }

    [Fact]
    public async Task Work_on_a_stopped_server_is_aborted()
    {
        await using var other = new Cluster();
        await other.InitializeAsync();
        await MakeBigAsync(other);
        await using var source = Attach(Impatient(other, other.Port));
        await using var view = await source.OpenViewAsync((await DiscoverAsync(source)).Single(), new(BackupType.Backup, null), Token);
        var items = new MemoryItems();
        var fingerprint = await view.WriteAsync(items, Token);
        try
        {
            var restore = await Assert.ThrowsAsync<HoldfastException>(() =>
                RestoreAsync(
                    Impatient(other, other.Port),
                    "copy",
                    new HookedItems(items) { Halfway = other.Server.FreezeAsync },
                    fingerprint
                )
            );
            Assert.Equal(ErrorCatalog.SourceSilent, restore.Error);
            await other.Server.ThawAsync();
            await using var again = await source.OpenViewAsync((await DiscoverAsync(source)).Single(), new(BackupType.Backup, null), Token);
            var backup = await Assert.ThrowsAsync<HoldfastException>(() =>
                again.WriteAsync(new HookedSink(other.Server.FreezeAsync), Token)
            );
            Assert.Equal(ErrorCatalog.SourceSilent, backup.Error);
            var look = await Assert.ThrowsAsync<HoldfastException>(() => DiscoverAsync(source));
            Assert.Equal(ErrorCatalog.SourceUnreadable, look.Error);
        }
        finally
        {
            await other.Server.ThawAsync();
        }
    }

    [Theory]
    [InlineData("VIEW v")]
    [InlineData("MATERIALIZED VIEW m")]
    public async Task A_locked_view_is_waited_for_no_longer_than_allowed(string view)
    {
        await MakeViewsAsync();
        await using var holder = await Cluster.OpenAsync("views");
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand($"ALTER {view} RENAME TO other", holder, transaction))
        {
            await command.ExecuteNonQueryAsync(Token);
        }
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            BackUpAsync("views", Cluster.Source() with { LockWait = TimeSpan.FromSeconds(1) })
        );
        Assert.Equal(ErrorCatalog.SourceLocked, failure.Error);
        Assert.Contains($"process {holder.ProcessID}", failure.Message, StringComparison.Ordinal);
        await AssertNobodyWaitsAsync();
    }

    [Fact]
    public async Task A_cancelled_backup_is_cancelled_on_the_server_too()
    {
        await MakeViewsAsync();
        await using var holder = await Cluster.OpenAsync("views");
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("ALTER VIEW v RENAME TO other", holder, transaction))
        {
            await command.ExecuteNonQueryAsync(Token);
        }
        using var stop = new CancellationTokenSource();
        await using var source = Attach(Cluster.Source());
        var opening = source.OpenViewAsync((await DiscoverAsync(source)).Single(), new(BackupType.Backup, null), stop.Token);
        await Cluster.UntilAsync("SELECT 1 FROM pg_locks WHERE NOT granted");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        await AssertNobodyWaitsAsync();
    }

    [Fact]
    public async Task Idle_sessions_of_a_restore_are_kept_alive()
    {
        await MakeBigAsync(Cluster);
        var (items, fingerprint) = await BackUpAsync("big");
        await using var network = new Network(Cluster.Port);
        var config = Cluster.Source() with { Hosts = [new("127.0.0.1", network.Port)], KeepAlive = TimeSpan.FromSeconds(1) };
        var hooked = new HookedItems(items)
        {
            Halfway = async () =>
            {
                // The session that holds the lock, and the guard connection; twice, because a block of rows may still
                // have been on its way.
                await network.HearAsync(2, Token);
                await network.HearAsync(2, Token);
            },
        };
        await RestoreAsync(config, "copy", hooked, fingerprint);
    }

    [Fact]
    public async Task A_restore_is_not_subject_to_the_servers_idle_session_timeout()
    {
        await MakeBigAsync(Cluster);
        var (items, fingerprint) = await BackUpAsync("big");
        await Cluster.RunAsync("postgres", $"ALTER ROLE {Cluster.User} SET idle_session_timeout = '500ms'");
        try
        {
            await RestoreAsync(Cluster.Source(), "copy", new HookedItems(items) { Halfway = () => OutliveAsync(Cluster, "") }, fingerprint);
        }
        finally
        {
            await Cluster.RunAsync("postgres", $"ALTER ROLE {Cluster.User} RESET ALL");
        }
    }

    [Fact]
    public async Task A_restore_is_not_subject_to_the_servers_transaction_timeout()
    {
        await Cluster.CreateAsync("objects");
        await Cluster.RunAsync(
            "objects",
            "SELECT lo_from_bytea(0, decode(repeat(md5(g::text), 40000), 'hex')) FROM generate_series(1, 8) g",
            Cluster.User
        );
        var (items, fingerprint) = await BackUpAsync("objects");
        await using var newer = await OtherServers.StartAsync(17);
        await newer.RunAsync("postgres", $"ALTER ROLE {Cluster.User} SET transaction_timeout = '500ms'");
        await RestoreAsync(newer.Source(), "copy", new HookedItems(items) { Halfway = () => OutliveAsync(newer, "BEGIN") }, fingerprint);
        Assert.Equal(["8"], await newer.QueryAsync("copy", "SELECT count(*) FROM pg_largeobject_metadata"));
    }

    private static PostgreSqlSourceConfig Impatient(Cluster cluster, int port) =>
        cluster.Source() with
        {
            Hosts = [new("127.0.0.1", port)],
            Tls = PostgreSqlTls.Disable,
            StallTimeout = TimeSpan.FromSeconds(2),
            ConnectTimeout = TimeSpan.FromSeconds(1),
        };

    private static async Task MakeBigAsync(Cluster cluster)
    {
        await cluster.CreateAsync("big");
        await cluster.RunAsync("big", Big, Cluster.User);
    }

    private static Task StallAsync(Network network, bool isAll)
    {
        if (isAll)
        {
            network.Cut();
        }
        else
        {
            network.Forget();
        }
        return Task.CompletedTask;
    }

    // A passive session of the same role is terminated by the server.
    private static async Task OutliveAsync(Cluster cluster, string begin)
    {
        await using var bystander = await cluster.OpenAsync("postgres", Cluster.User);
        await using var command = new NpgsqlCommand($"{begin}; SELECT 1", bystander);
        await command.ExecuteNonQueryAsync(Token);
        await cluster.Server.Log.WaitForAsync("terminating connection due to", Token);
    }

    private Task AssertNobodyWaitsAsync() =>
        Cluster.UntilAsync(
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = 'views' AND application_name LIKE 'holdfast%')"
        );

    private async Task MakeViewsAsync()
    {
        await Cluster.CreateAsync("views");
        await Cluster.RunAsync("views", "CREATE VIEW v AS SELECT 1 AS i; CREATE MATERIALIZED VIEW m AS SELECT 1 AS i", Cluster.User);
    }

    private async Task DropLeftoversAsync()
    {
        await using var source = Attach(Cluster.Source());
        await Cluster.RunAsync(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'holdfast%'"
        ); // as the server does after some minutes
        await Cluster.UntilAsync("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'holdfast%')");
        await source.RemoveLeftoversAsync(Token);
    }
}
