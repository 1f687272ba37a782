using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.EndToEnd;

/// <summary>
/// A server with many databases (a hundred with HOLDFAST_SOAK) and one that uses every feature, on a primary with a
/// streaming standby, while users write.
/// </summary>
[Trait("Category", "Slow")]
public sealed class PostgreSqlFleetTests(Cluster cluster) : IClassFixture<Cluster>, IAsyncLifetime
{
    private static readonly int Tenants = Soak.IsOn ? 100 : 30;
    private const string Everything = "everything";
    private const string Roles = "\"a reader\", \"an owner\"";

    // Each writer transfers amounts between two accounts: the sum is always zero, and there is an entry for each transfer.
    private const string Ledger = """
        CREATE TABLE account(id int PRIMARY KEY, balance int NOT NULL DEFAULT 0); INSERT INTO account SELECT generate_series(0, 9);
        CREATE TABLE entry(id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source int, target int, amount int,
          note text DEFAULT repeat('x', 200));
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await cluster.ClearAsync();
        await cluster.RunAsync(
            "postgres",
            $"DROP ROLE IF EXISTS {Roles}; CREATE ROLE \"a reader\"; CREATE ROLE \"an owner\"; GRANT pg_read_all_data TO "
                + $"{Cluster.User}; ALTER ROLE {Cluster.User} BYPASSRLS"
        );
        await cluster.CreateAsync(Everything);
        await cluster.RunAsync(
            Everything,
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Samples/everything.sql"), Token),
            Cluster.User
        );
        await cluster.CreateAsync("tenant 000");
        await cluster.RunAsync(
            "tenant 000",
            "CREATE TABLE item(id int PRIMARY KEY, note text); INSERT INTO item SELECT i, md5(i::text) FROM "
                + $"generate_series(1, 200) i; {Ledger}",
            Cluster.User
        );
        for (var i = 1; i < Tenants; i++)
        {
            await cluster.RunAsync("postgres", $"CREATE DATABASE \"tenant {i:000}\" OWNER {Cluster.User} TEMPLATE \"tenant 000\"");
        }
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task Every_database_is_backed_up_from_the_standby_while_users_write_and_each_is_restored()
    {
        await using var standby = await Standby.StartAsync(cluster);
        using var place = new Workspace();
        await Served.SecretAsync($"{place.Root}/password", Cluster.Password);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writers = Enumerable.Range(0, 4).Select(i => WriteAsync($"tenant {i:000}", seed: i, stop.Token)).ToList();
        await standby.CatchUpAsync();
        var source = $"main=postgresql://{Cluster.User}@127.0.0.1:{cluster.Port},127.0.0.1:{standby.Port}";
        var made = (
            await place.JsonAsync(0, "backup", "--source", source, "--to", place.Destination, "--password-file", $"{place.Root}/password")
        )["items"]!.AsArray();
        Assert.Equal(Tenants + 1, made.Count);
        Assert.All(made, i => Assert.Equal("Completed", (string?)i!["state"]));
        Assert.Contains(made.Single(i => (string)i!["database"]! == $"main/{Everything}")!["warnings"]!.AsArray(), w =>
            ((string)w!).Contains("unlogged", StringComparison.Ordinal)
        );

        // More backups while they continue writing: incrementals.
        Assert.Equal(
            Tenants + 1,
            (
                await place.JsonAsync(
                    0,
                    "backup",
                    "--source",
                    source,
                    "--to",
                    place.Destination,
                    "--password-file",
                    $"{place.Root}/password",
                    "--kind",
                    "incremental"
                )
            )["items"]!
                .AsArray()
                .Count
        );
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(writers), moves => Assert.InRange(moves, 1, int.MaxValue));

        var names = Enumerable.Range(0, Tenants).Select(i => $"tenant {i:000}").Prepend(Everything).ToList();
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = Token }, async (name, _) =>
        {
            await place.HoldfastAsync(
                0,
                "restore",
                $"{place.Destination}/main/{name.Replace(" ", "%20", StringComparison.Ordinal)}",
                "--to",
                $"postgresql://{Cluster.User}@127.0.0.1:{cluster.Port}/{name.Replace(" ", "%20", StringComparison.Ordinal)}%20copy",
                "--password-file",
                $"{place.Root}/password",
                "--allow-powerful-role"
            ); // only the role itself can set its default privileges
            Assert.Equal(await Contents.SchemaAsync(cluster, name), await Contents.SchemaAsync(cluster, $"{name} copy"));
        });
        foreach (var name in names)
        {
            Assert.Equal(await SumsAsync(name), await SumsAsync($"{name} copy"));
            if (name == Everything)
            {
                continue;
            }
            Assert.Equal(
                ["0|True"],
                await cluster.QueryAsync(
                    $"{name} copy",
                    "SELECT sum(balance), sum(balance) FILTER (WHERE id = 0) IS NOT DISTINCT FROM (SELECT "
                        + "coalesce(sum(amount) FILTER (WHERE target = 0), 0) - coalesce(sum(amount) FILTER (WHERE source = 0), 0) "
                        + "FROM entry) FROM account"
                )
            );
        }
    }

    // The ledger of databases that were written to is checked by its rule; a standby has no rows of unlogged tables.
    private async Task<IEnumerable<string>> SumsAsync(string name) =>
        (await Contents.SumsAsync(cluster, name)).Where(s =>
            !s.StartsWith("account|", StringComparison.Ordinal)
            && !s.StartsWith("entry|", StringComparison.Ordinal)
            && !s.StartsWith("fleeting|", StringComparison.Ordinal)
            && !s.StartsWith("public|entry_id_seq|", StringComparison.Ordinal)
        );

    private async Task<int> WriteAsync(string database, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        await using var connection = await cluster.OpenAsync(database, Cluster.User);
        var moves = 0;
        for (; !cancellationToken.IsCancellationRequested; moves++)
        {
            var (from, to, amount) = (random.Next(10), random.Next(10), random.Next(1, 100));
            await using var command = new NpgsqlCommand(
                $"BEGIN; UPDATE account SET balance = balance - {amount} WHERE id = {from}; UPDATE account SET balance = "
                    + $"balance + {amount} WHERE id = {to}; INSERT INTO entry(source, target, amount) VALUES ({from}, {to}, "
                    + $"{amount}); COMMIT; SELECT pg_sleep(0.01)",
                connection
            ); // users pause between two transfers, which leaves some CPU time to others
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }

        return moves;
    }
}
