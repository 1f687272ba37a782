using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests;

public sealed class FailureTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Big =
        "CREATE TABLE big(id int PRIMARY KEY, t text); INSERT INTO big SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 20000) g";

    [Fact]
    public async Task A_server_that_stops_during_a_dump_is_reported()
    {
        await using var other = new Cluster();
        await other.InitializeAsync();
        await other.CreateAsync("big");
        await other.RunAsync("big", Big, Cluster.User);
        await using var source = Attach(other.Source());
        await using var view = await source.OpenViewAsync(Assert.Single(await DiscoverAsync(source)), new(BackupType.Backup, null), Token);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => view.WriteAsync(new HookedSink(other.Server.KillAsync), Token));
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
        Assert.Contains("big", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "holdfast-postgresql-*"));
    }

    [Fact]
    public async Task A_server_that_stops_during_a_restore_is_reported_and_leftovers_are_dropped_later()
    {
        await using var other = new Cluster();
        await other.InitializeAsync();
        await other.CreateAsync("big");
        await other.RunAsync("big", Big, Cluster.User);
        await using var source = Attach(other.Source());
        var items = new MemoryItems();
        IReadOnlyDictionary<string, string> fingerprint;
        await using (var view = await source.OpenViewAsync(Assert.Single(await DiscoverAsync(source)), new(BackupType.Backup, null), Token))
        {
            fingerprint = await view.WriteAsync(items, Token);
        }
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(other.Source(), "copy", new HookedItems(items) { Halfway = other.Server.KillAsync }, fingerprint)
        );
        Assert.NotNull(failure.Hint);
        await other.StartAgainAsync();
        Assert.Single(await other.QueryAsync("postgres", @"SELECT datname FROM pg_database WHERE datname LIKE '\_holdfast%'"));
        Assert.Equal("big", Assert.Single(await DiscoverAsync(source)).Name);
        await source.RemoveLeftoversAsync(Token);
        Assert.Empty(await other.QueryAsync("postgres", @"SELECT datname FROM pg_database WHERE datname LIKE '\_holdfast%'"));
    }

    [Fact]
    public async Task The_database_of_a_running_restore_is_not_a_leftover()
    {
        var (items, fingerprint) = await BigAsync();
        await using var source = Attach(Cluster.Source());
        var config = Cluster.Source() with { MaintenanceDatabase = "big" }; // where the restore's lock is not visible
        await using var elsewhere = Attach(config);
        var hooked = new HookedItems(items)
        {
            Halfway = async () =>
            {
                await source.RemoveLeftoversAsync(Token);
                await elsewhere.RemoveLeftoversAsync(Token);
            },
        };
        await RestoreAsync(Cluster.Source(), "copy", hooked, fingerprint);
        Assert.Equal(["20000"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM big"));
    }

    [Fact]
    public async Task A_database_that_takes_the_name_meanwhile_is_not_replaced()
    {
        var (items, fingerprint) = await BigAsync();
        var hooked = new HookedItems(items) { Halfway = () => Cluster.CreateAsync("copy") };
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Cluster.Source(), "copy", hooked, fingerprint));
        Assert.Equal(ErrorCatalog.TargetExists, failure.Error);
        Assert.Equal(["0"], await Cluster.QueryAsync("copy", "SELECT count(*) FROM pg_class WHERE relname = 'big'"));
        await AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData("\"encoding\": \"UTF8\"", "\"encoding\": \"KLINGON\"", "KLINGON")]
    [InlineData("\"collate\": \"C.UTF-8\"", "\"collate\": \"xx_XX.utf8'; DROP\"", "xx_XX")]
    [InlineData("\"localeProvider\": \"libc\"", "\"localeProvider\": \"builtin\"", "builtin")]
    [InlineData("\"serverVersion\": \"15", "\"serverVersion\": \"99", "99")]
    public async Task Features_missing_on_the_target_are_reported_before_anything_is_loaded(string before, string after, string said)
    {
        var (items, fingerprint) = await BigAsync();
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(
                Cluster.Source(),
                "copy",
                new HookedItems(items) { Around = text => text.Replace(before, after, StringComparison.Ordinal) },
                fingerprint
            )
        );
        Assert.Equal(ErrorCatalog.NotAllowed, failure.Error);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_superuser_restores_only_if_that_is_allowed()
    {
        var (items, fingerprint) = await BigAsync();
        var config = Cluster.Source(Cluster.Superuser);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(config with { Restore = new() }, "copy", items, fingerprint)
        );
        Assert.Equal(ErrorCatalog.NotAllowed, failure.Error);
        Assert.Contains("superuser", failure.Message, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_dump_whose_rows_do_not_match_the_manifest_is_corrupt()
    {
        var (items, fingerprint) = await BigAsync();
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(Cluster.Source(), "copy", items, fingerprint.ToDictionary(f => f.Key, f => f.Key == "rows" ? "20001" : f.Value))
        );
        Assert.Equal(ErrorCatalog.Corrupt, failure.Error);
        Assert.Contains("rows 20000", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM big WHERE id = 1", "'public.big' has 19999 rows")]
    [InlineData("SELECT nextval('seq')", "'public.seq' is at 2, true")]
    [InlineData("SELECT lo_create(0)", "1 large objects")]
    public async Task A_restored_database_that_differs_from_its_dump_is_reported_with_the_difference(string change, string said)
    {
        await Cluster.CreateAsync("big");
        await Cluster.RunAsync("big", Big + "; CREATE SEQUENCE seq; SELECT nextval('seq')", Cluster.User);
        var (items, _) = await BackUpAsync("big");
        var dump = new DumpScanner();
        dump.Scan(items["database.dump"]);
        await using var connection = await Cluster.OpenAsync("big");
        await ContentCheck.RunAsync(connection, dump, new HashSet<int>(), new Dictionary<int, string>(), Token);
        await Cluster.RunAsync("big", change);
        Assert.Contains(
            said,
            (
                await Assert.ThrowsAsync<HoldfastException>(() =>
                    ContentCheck.RunAsync(connection, dump, new HashSet<int>(), new Dictionary<int, string>(), Token)
                )
            ).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_truncated_or_damaged_dump_leaves_nothing_behind()
    {
        var (items, fingerprint) = await BigAsync();
        await Failed(b => b[..(b.Length - 1000)], ErrorCatalog.Truncated, ErrorCatalog.NotAllowed);
        await Failed(b => b[..500], ErrorCatalog.Truncated);
        await Failed(_ => "PGDMP but no dump at all, only a text that is long enough"u8.ToArray(), ErrorCatalog.Refused);
        await AssertNothingLeftAsync();

        async Task Failed(Func<byte[], byte[]> change, params Error[] errors) =>
            Assert.Contains(
                (
                    await Assert.ThrowsAsync<HoldfastException>(() =>
                        RestoreAsync(Cluster.Source(), "copy", new HookedItems(items) { Dump = change }, fingerprint)
                    )
                ).Error,
                errors
            );
    }

    [Fact]
    public async Task A_cancelled_restore_leaves_nothing_behind()
    {
        var (items, fingerprint) = await BigAsync();
        using var stop = new CancellationTokenSource();
        await using (var source = Attach(Cluster.Source()))
        await using (var target = await source.BeginRestoreAsync(new("copy", BackupType.Backup, null, fingerprint, 1), Token))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                target.LoadAsync(new HookedItems(items) { Halfway = stop.CancelAsync }, stop.Token)
            );
        }

        await AssertNothingLeftAsync();
        Assert.Equal(["big"], await Cluster.QueryAsync("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate"));
    }

    [Fact]
    public async Task A_locked_table_is_waited_for_no_longer_than_allowed()
    {
        await BigAsync();
        await using var holder = await Cluster.OpenAsync("big");
        await using var transaction = await holder.BeginTransactionAsync(Token);
        await using var command = new Npgsql.NpgsqlCommand("LOCK TABLE big IN ACCESS EXCLUSIVE MODE", holder, transaction);
        await command.ExecuteNonQueryAsync(Token);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            BackUpAsync("big", Cluster.Source() with { LockWait = TimeSpan.FromSeconds(1) })
        );
        Assert.Equal(ErrorCatalog.SourceLocked, failure.Error);
    }

    private async Task<(MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint)> BigAsync()
    {
        await Cluster.CreateAsync("big");
        await Cluster.RunAsync("big", Big, Cluster.User);
        return await BackUpAsync("big");
    }
}
