using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests;

public sealed class ViewTests(Cluster cluster) : ServerTest(cluster)
{
    [Fact]
    public async Task Two_dumps_of_an_unchanged_database_are_equal()
    {
        await CreateAsync("same");
        var (first, firstPrint) = await BackUpAsync("same");
        var (second, secondPrint) = await BackUpAsync("same");
        Assert.Equal(firstPrint, secondPrint);
        Assert.Equal(["database.dump", "database.json"], first.Items.Select(i => i.Name));
        Assert.All(first.Items, i => Assert.Equal(first[i.Name], second[i.Name]));
    }

    [Fact]
    public async Task Rows_sequences_large_objects_and_extensions_are_in_the_fingerprint()
    {
        await CreateAsync("counted");
        await Cluster.RunAsync("counted", "CREATE EXTENSION hstore", Cluster.User);
        var (_, print) = await BackUpAsync("counted");
        Assert.Equal(("2", "1003", "1", "2"), (print["tables"], print["rows"], print["sequences"], print["large-objects"]));
        Assert.StartsWith("hstore 1.", print["extensions"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unmodified_pg_restore_reads_the_dump_item()
    {
        await CreateAsync("plain");
        var (items, _) = await BackUpAsync("plain");
        var file = Path.Combine(Cluster.Folder, "plain.dump");
        await File.WriteAllBytesAsync(file, items["database.dump"], Token);
        await Postmaster.RunAsync("pg_restore", "-l", file);
        await Cluster.CreateAsync("copy");
        await Postmaster.RunAsync("pg_restore", "--exit-on-error", "-f", "/dev/null", file);
    }

    [Fact]
    public async Task The_metadata_is_stored_without_passwords()
    {
        await CreateAsync("around");
        await Cluster.RunAsync(
            "postgres",
            """
            CREATE ROLE reader LOGIN PASSWORD 'readers-secret';
            GRANT CREATE ON DATABASE around TO reader WITH GRANT OPTION;
            REVOKE CONNECT ON DATABASE around FROM PUBLIC;
            ALTER DATABASE around SET search_path = "$user", public, "Odd, one";
            ALTER ROLE reader IN DATABASE around SET work_mem = '8MB';
            COMMENT ON DATABASE around IS 'what it''s for';
            ALTER DATABASE around CONNECTION LIMIT 7;
            """
        );
        try
        {
            await Cluster.RunAsync("around", "GRANT SELECT ON t TO reader");
            var (items, _) = await BackUpAsync("around");
            var json = System.Text.Encoding.UTF8.GetString(items["database.json"]);
            foreach (
                var part in new[]
                {
                    "\"owner\": \"holdfast\"",
                    "\"encoding\": \"UTF8\"",
                    "\"collate\": \"C.UTF-8\"",
                    "\"connectionLimit\": 7",
                    "what it\\u0027s for",
                    "work_mem",
                    "Odd, one",
                    "\"privilege\": \"CREATE\"",
                    "\"canGrant\": true",
                }
            )
            {
                Assert.Contains(part, json, StringComparison.Ordinal);
            }
            Assert.DoesNotContain("secret", json, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("SCRAM", json, StringComparison.Ordinal);
        }
        finally
        {
            await Cluster.ClearAsync();
            await Cluster.RunAsync("postgres", "DROP ROLE reader");
        }
    }

    [Fact]
    public async Task A_requested_snapshot_becomes_a_logical_backup_with_the_reason()
    {
        await CreateAsync("snap");
        await using var source = Attach(Cluster.Source());
        await using var view = await source.OpenViewAsync((await DiscoverAsync(source))[0], new(BackupType.Snapshot, null), Token);
        Assert.Equal(BackupType.Backup, view.Type);
        Assert.NotNull(view.TypeReason);
    }

    [Fact]
    public async Task A_table_without_SELECT_is_reported_with_its_name_and_the_sql()
    {
        await CreateAsync("rights");
        await Cluster.RunAsync("rights", "CREATE TABLE hidden(x int)");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => BackUpAsync("rights"));
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
        Assert.Contains("hidden", failure.Message, StringComparison.Ordinal);
        Assert.Contains("pg_read_all_data", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_database_with_the_same_name_is_not_backed_up_as_the_discovered_one()
    {
        await CreateAsync("twice");
        await using var source = Attach(Cluster.Source());
        var found = Assert.Single(await DiscoverAsync(source));
        await Cluster.RunAsync("postgres", "DROP DATABASE twice");
        await CreateAsync("twice");
        Assert.Equal(
            ErrorCatalog.NotFound,
            (await Assert.ThrowsAsync<HoldfastException>(() => source.OpenViewAsync(found, new(BackupType.Backup, null), Token))).Error
        );
    }

    [Fact]
    public async Task A_database_dropped_while_waiting_is_reported_as_not_found()
    {
        await CreateAsync("gone");
        await using var source = Attach(Cluster.Source());
        var found = Assert.Single(await DiscoverAsync(source));
        await Cluster.RunAsync("postgres", "DROP DATABASE gone");
        Assert.Equal(
            ErrorCatalog.NotFound,
            (await Assert.ThrowsAsync<HoldfastException>(() => source.OpenViewAsync(found, new(BackupType.Backup, null), Token))).Error
        );
    }

    [Fact]
    public async Task A_changed_password_is_used_at_once()
    {
        await CreateAsync("first");
        var password = Cluster.Password;
        await using var source = Attach(Cluster.Source() with { Password = _ => new(password) });
        var found = Assert.Single(await DiscoverAsync(source));
        await using (await source.OpenViewAsync(found, new(BackupType.Backup, null), Token)) { }

        password = "another";
        Assert.Equal(
            ErrorCatalog.SourceUnreadable,
            (await Assert.ThrowsAsync<HoldfastException>(() => source.OpenViewAsync(found, new(BackupType.Backup, null), Token))).Error
        );
        password = Cluster.Password;
        await using (await source.OpenViewAsync(found, new(BackupType.Backup, null), Token)) { }
    }

    [Fact]
    public async Task A_backup_uses_one_session_of_its_database_and_leaves_none_open()
    {
        await CreateAsync("sessions");
        // more than fits into all buffers in between
        await Cluster.RunAsync("sessions", "CREATE TABLE large AS SELECT repeat('x', 700) FROM generate_series(1, 60000)", Cluster.User);
        await using (var source = Attach(Cluster.Source()))
        {
            var found = Assert.Single(await DiscoverAsync(source));
            await using (await source.OpenViewAsync(found, new(BackupType.Backup, null), Token))
            {
                // A closed session remains visible for a moment, and the server may have one of its own, for
                // autovacuum.
                const string Sessions = "pg_stat_activity WHERE datname = 'sessions' AND backend_type = 'client backend'";
                await Cluster.UntilAsync($"SELECT 1 WHERE (SELECT count(*) FROM {Sessions}) < 2");
                Assert.Equal(["1"], await Cluster.QueryAsync("postgres", $"SELECT count(*) FROM {Sessions}"));
            }
        }

        await Cluster.UntilAsync($"SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE usename = '{Cluster.User}')");
    }

    private async Task CreateAsync(string name)
    {
        await Cluster.CreateAsync(name);
        await Cluster.RunAsync(
            name,
            """
            CREATE TABLE t(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text);
            INSERT INTO t(a) SELECT E'a\nb\\.\n' || i FROM generate_series(1, 1000) i;
            CREATE TABLE "odd ""name"(b bytea);
            INSERT INTO "odd ""name" SELECT '\x0a0a' FROM generate_series(1, 3);
            CREATE TABLE empty_one(); DROP TABLE empty_one;
            SELECT lo_from_bytea(0, '\x0a0b'), lo_from_bytea(0, '');
            """,
            Cluster.User
        );
    }
}
