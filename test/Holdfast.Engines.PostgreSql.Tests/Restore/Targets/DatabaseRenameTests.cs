using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Targets;

/// <summary>Only the restore can use the new database; a session that gets in anyway does not make the restore fail.</summary>
public sealed class DatabaseRenameTests(Cluster cluster) : ServerTest(cluster)
{
    private const string InMaking = @"SELECT datname FROM pg_database WHERE datname LIKE '\_holdfast\_restore\_%'";

    public override async ValueTask InitializeAsync()
    {
        await Cluster.RunAsync("postgres", "CREATE ROLE agent LOGIN; CREATE ROLE app");
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync("postgres", "COMMENT ON DATABASE shop IS 'of ours'; GRANT CREATE ON DATABASE shop TO app", Cluster.User);
        await Cluster.RunAsync("shop", "CREATE TABLE t AS SELECT generate_series(1, 1000) i", Cluster.User);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Cluster.RunAsync("postgres", "DROP ROLE agent, app");
    }

    [Fact]
    public async Task Nobody_else_can_connect_during_a_restore_and_grants_are_applied_with_the_rename()
    {
        var (items, fingerprint) = await BackUpAsync("shop");
        await Cluster.RunAsync("postgres", $"ALTER ROLE agent PASSWORD '{Cluster.Password.Replace("'", "''", StringComparison.Ordinal)}'");
        PostgresException? refused = null;
        await RestoreAsync(
            Cluster.Source(),
            "copy",
            new HookedItems(items)
            {
                Halfway = async () => refused = await Assert.ThrowsAsync<PostgresException>(() => ConnectAsync("agent")),
            },
            fingerprint
        );
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused?.SqlState);
        Assert.Equal(await GrantsAsync("shop"), await GrantsAsync("copy"));
        await using var connection = await Cluster.OpenAsync("copy", "agent");
    }

    [Fact]
    public async Task Sessions_that_may_be_terminated_are_terminated_and_reported()
    {
        var (items, fingerprint) = await BackUpAsync("shop");
        NpgsqlConnection? agent = null;
        var warnings = await RestoreAsync(
            Cluster.Source(Cluster.Superuser),
            "copy",
            new HookedItems(items) { Halfway = async () => agent = await ConnectAsync(Cluster.Superuser) },
            fingerprint
        );
        await agent!.DisposeAsync();
        Assert.Contains(warnings, w =>
            w.StartsWith("Sessions that were connected", StringComparison.Ordinal)
            && w.Contains(Cluster.Superuser, StringComparison.Ordinal)
        );
        Assert.Equal(["1000"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task The_rename_waits_for_a_session_that_leaves()
    {
        var (items, fingerprint) = await BackUpAsync("shop");
        NpgsqlConnection? agent = null;
        var restore = RestoreAsync(
            Cluster.Source(),
            "copy",
            new HookedItems(items) { Halfway = async () => agent = await ConnectAsync(Cluster.Superuser) },
            fingerprint
        );
        // The rename is tried, and the server waits for other sessions.
        await Cluster.RunAsync(
            "postgres",
            "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE query LIKE 'ALTER DATABASE%RENAME%' AND "
                + "state = 'active' AND pid <> pg_backend_pid()) LOOP PERFORM pg_sleep(0.01); PERFORM pg_stat_clear_snapshot(); "
                + "END LOOP; END $$"
        );
        await agent!.DisposeAsync();
        await restore;
        Assert.Equal(["1000"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task If_a_session_stays_the_loaded_database_is_kept_with_the_statements_that_complete_it()
    {
        var (items, fingerprint) = await BackUpAsync("shop");
        NpgsqlConnection? agent = null;
        var hooked = new HookedItems(items) { Halfway = async () => agent = await ConnectAsync(Cluster.Superuser) };
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(Cluster.Source() with { RenameWait = TimeSpan.FromSeconds(1) }, "copy", hooked, fingerprint)
        );
        Assert.Equal(ErrorCatalog.SourceLocked, failure.Error);
        Assert.Contains($"process {agent!.ProcessID} ({Cluster.Superuser}", failure.Message, StringComparison.Ordinal);
        await agent.DisposeAsync();
        await using (var source = Attach(Cluster.Source()))
        {
            await source.RemoveLeftoversAsync(Token);
        }
        Assert.Single(await Cluster.QueryAsync("postgres", InMaking));
        foreach (var statement in failure.Hint!["Terminate that session, then run: ".Length..].Split("; ").Select(s => s.TrimEnd(';')))
        {
            await Cluster.RunAsync("postgres", statement, Cluster.User);
        }
        Assert.Equal(["1000"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM t"));
        Assert.Equal(await GrantsAsync("shop"), await GrantsAsync("copy"));
        await AssertNothingLeftAsync();
    }

    private async Task<NpgsqlConnection> ConnectAsync(string user) =>
        await Cluster.OpenAsync(Assert.Single(await Cluster.QueryAsync("postgres", InMaking)), user);

    private async Task<IReadOnlyList<string>> GrantsAsync(string database) =>
        await Cluster.QueryAsync(
            "postgres",
            "SELECT array_to_string(array(SELECT a::text FROM unnest(datacl) a ORDER BY 1), ' '), shobj_description(oid, "
                + $"'pg_database'), datallowconn FROM pg_database WHERE datname = '{database}'"
        );
}
