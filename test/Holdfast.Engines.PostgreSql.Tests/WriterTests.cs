using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests;

/// <summary>Backups cause no failure of a concurrent application.</summary>
public sealed class WriterTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Keeper = "keeper",
        Application = "application";

    private const string Ledger = """
        CREATE TABLE account(id int PRIMARY KEY, balance int NOT NULL DEFAULT 0); INSERT INTO account SELECT generate_series(0, 9);
        CREATE TABLE entry(id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
        INSERT INTO entry(note) SELECT repeat('y', 500) FROM generate_series(1, 20000);
        CREATE TABLE list0(i int); CREATE TABLE list1(i int);
        """;

    [Fact]
    public async Task A_migration_never_fails_because_of_a_deadlock_with_a_backup()
    {
        await Cluster.CreateAsync("shop");
        // pg_dump locks them in this order.
        await Cluster.RunAsync("shop", "CREATE TABLE first(i int); CREATE TABLE second(i int)", Cluster.User);
        await using var source = Attach(Cluster.Source());
        var found = Assert.Single(await DiscoverAsync(source));
        // The session that checks for a deadlock first is its victim: here the application.
        await Cluster.RunAsync("postgres", $"ALTER ROLE {Cluster.User} SET deadlock_timeout = '1h'");
        await using var application = await Cluster.OpenAsync("shop");
        try
        {
            await RunAsync(application, "SET deadlock_timeout = '10s'; BEGIN; ALTER TABLE second ADD j int");
            var opening = source.OpenViewAsync(found, new(BackupType.Backup, null), Token);
            await Cluster.RunAsync(
                "postgres",
                """
                DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$
                """
            );
            await RunAsync(application, "ALTER TABLE first ADD j int; COMMIT");
            await using var view = await opening;
            await view.WriteAsync(new MemoryItems(), Token);
        }
        finally
        {
            await Cluster.RunAsync("postgres", $"ALTER ROLE {Cluster.User} RESET deadlock_timeout");
        }
    }

    [Fact]
    public async Task An_application_that_writes_constantly_never_fails_while_another_role_backs_up_its_database()
    {
        await RoleScript.RunAsync(Cluster, Keeper, Token);
        var password = Cluster.Password.Replace("'", "''", StringComparison.Ordinal);
        await Cluster.RunAsync("postgres", $"CREATE ROLE {Application} LOGIN PASSWORD '{password}'");
        try
        {
            await Cluster.CreateAsync("shop", Application);
            await Cluster.RunAsync("shop", Ledger, Application);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var writers = Enumerable.Range(0, 2).Select(seed => WriteAsync(seed, stop.Token)).ToList();
            await using var source = Attach(Cluster.Source() with { User = Keeper });
            MemoryItems items = new();
            IReadOnlyDictionary<string, string> fingerprint = new Dictionary<string, string>();
            foreach (var type in (BackupType[])[BackupType.Backup, BackupType.Snapshot, BackupType.Backup])
            {
                await using var view = await source.OpenViewAsync(Assert.Single(await DiscoverAsync(source)), new(type, null), Token);
                items = new();
                fingerprint = await view.WriteAsync(items, Token);
            }

            await stop.CancelAsync();
            Assert.All(await Task.WhenAll(writers), writes => Assert.InRange(writes, 1, int.MaxValue)); // none of them threw
            await RestoreAsync(Cluster.Source(Cluster.Superuser), "copy", items, fingerprint);
            Assert.Equal(["0"], await Cluster.QueryAsync("copy", "SELECT sum(balance) FROM account")); // consistent
        }
        finally
        {
            await Cluster.ClearAsync();
            await Cluster.RunAsync("postgres", $"DROP ROLE {Application}, {Keeper}, {Keeper}_restore, {Keeper}_restore_owner");
        }
    }

    // Amounts are moved between accounts, so the sum is 0 at every moment; a list is emptied and filled.
    private async Task<int> WriteAsync(int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        await using var connection = await Cluster.OpenAsync("shop", Application);
        var writes = 0;
        for (; !cancellationToken.IsCancellationRequested || writes == 0; writes++)
        {
            var (from, to) = (random.Next(10), random.Next(10));
            await RunAsync(
                connection,
                $"""
                BEGIN;
                SELECT FROM account WHERE id IN ({from}, {to}) ORDER BY id FOR UPDATE;
                UPDATE account SET balance = balance - 7 WHERE id = {from};
                UPDATE account SET balance = balance + 7 WHERE id = {to};
                INSERT INTO entry(note) VALUES (repeat('x', 200));
                DELETE FROM entry WHERE id % 3 = {random.Next(3)} AND note IS NULL;
                COMMIT
                """
            );
            if (writes % 20 == 0)
            {
                await RunAsync(connection, $"TRUNCATE list{seed}; INSERT INTO list{seed} SELECT generate_series(1, 50)");
            }
        }

        return writes;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
