using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests.Connections;

/// <summary>A server with German messages: no decision depends on the message text.</summary>
[Trait("Category", "Slow")]
public sealed class LanguageTests : IAsyncLifetime
{
    private const string Language = "de_DE.UTF-8";

    private readonly Cluster _cluster = new() { Language = Language };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private PostgreSqlSourceConfig Config =>
        _cluster.Source() with
        {
            Restore = new() { User = Cluster.Restorer, Password = _ => new(Cluster.Password) },
        };

    public async ValueTask InitializeAsync()
    {
        var translation = $"/usr/share/locale/de/LC_MESSAGES/postgres-{Path.GetFileName(Path.GetDirectoryName(Postmaster.Binaries))}.mo";
        Assert.SkipUnless(
            File.Exists("/usr/bin/localedef") && File.Exists("/usr/share/i18n/locales/de_DE") && File.Exists(translation),
            "this machine has no German for PostgreSQL, or cannot make its locale"
        );
        await _cluster.InitializeAsync();
        await _cluster.CreateAsync("shop");
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_table_that_stays_locked_is_reported_as_locked()
    {
        await _cluster.RunAsync("shop", "CREATE TABLE t(i int)", Cluster.User);
        await using var holder = await _cluster.OpenAsync("shop");
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE", holder);
        await command.ExecuteNonQueryAsync(Token);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => BackUpAsync(Config with { LockWait = TimeSpan.FromSeconds(4) }));
        Assert.Contains("FEHLER:", failure.Message, StringComparison.Ordinal);
        Assert.Equal((ErrorCatalog.SourceLocked, true), (failure.Error, failure.Hint!.Contains("pg_locks", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Objects_that_a_restore_skips_are_reported_with_their_SQL()
    {
        await _cluster.RunAsync(
            "shop",
            """
            CREATE TABLE t(i int); INSERT INTO t VALUES (1);
            CREATE TABLE n(i int);
            CREATE FUNCTION counts(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT count(*) FROM n); END $$;
            CREATE INDEX failing ON t (counts(i));
            """,
            Cluster.User
        );
        var backup = await BackUpAsync(Config);
        await using var source = new PostgreSqlEngine().Attach(Config);
        await using var target = await source.BeginRestoreAsync(
            new("copy", Core.Tasks.BackupType.Backup, null, backup.Fingerprint, 1) { ContinueOnError = true },
            Token
        );
        await target.LoadAsync(backup.Items, Token);
        Assert.Contains(target.Warnings, w =>
            w.Contains("FEHLER:", StringComparison.Ordinal) && w.Contains("CREATE INDEX failing", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_missing_privilege_is_named_once_the_role_may_set_English_messages()
    {
        await _cluster.RunAsync("shop", "CREATE TABLE secret(i int)");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => BackUpAsync(Config));
        Assert.Contains("FEHLER:", failure.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"Its messages are in '{Language}', and Holdfast only understands English: "
                + $"ALTER ROLE \"{Cluster.User}\" SET lc_messages = 'C';",
            failure.Hint,
            StringComparison.Ordinal
        );
        await _cluster.RunAsync("postgres", $"GRANT SET ON PARAMETER lc_messages TO {Cluster.User}");
        failure = await Assert.ThrowsAsync<HoldfastException>(() => BackUpAsync(Config));
        Assert.Contains("permission denied for table secret", failure.Message, StringComparison.Ordinal);
        Assert.Contains("GRANT pg_read_all_data", failure.Hint, StringComparison.Ordinal);
    }

    private static async Task<(Engines.Contract.MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint)> BackUpAsync(
        PostgreSqlSourceConfig config
    )
    {
        await using var source = new PostgreSqlEngine().Attach(config);
        await using var view = await source.OpenViewAsync(
            new("shop", 1, EncryptionState.No),
            new(Core.Tasks.BackupType.Backup, null),
            Token
        );
        var items = new Engines.Contract.MemoryItems();
        return (items, await view.WriteAsync(items, Token));
    }
}
