using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests;

/// <summary>An application fails in nothing that it would not have failed in without the backups beside it.</summary>
public sealed class WriterTests(Cluster cluster) : ServerTest(cluster)
{
    [Fact]
    public async Task A_migration_that_a_backup_meets_halfway_is_no_victim_of_a_deadlock()
    {
        await Cluster.CreateAsync("shop");
        // pg_dump locks them in this order.
        await Cluster.RunAsync("shop", "CREATE TABLE first(i int); CREATE TABLE second(i int)", Cluster.User);
        await using var source = Attach(Cluster.Source());
        var found = Assert.Single(await DiscoverAsync(source));
        // Who of the two looks for a deadlock first is its victim: here the application.
        await Cluster.RunAsync("postgres", $"ALTER ROLE {Cluster.User} SET deadlock_timeout = '1h'");
        await using var application = await Cluster.OpenAsync("shop");
        try
        {
            await RunAsync(application, "SET deadlock_timeout = '10s'; BEGIN; ALTER TABLE second ADD j int");
            var opening = source.OpenViewAsync(found, new(BackupType.Backup, null), Token);
            await Cluster.RunAsync("postgres", """
                DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$
                """);
            await RunAsync(application, "ALTER TABLE first ADD j int; COMMIT");
            await using var view = await opening;
            await view.WriteAsync(new MemoryItems(), Token);
        }
        finally
        {
            await Cluster.RunAsync("postgres", $"ALTER ROLE {Cluster.User} RESET deadlock_timeout");
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
