using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Contract;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Roles;

/// <summary>
/// The restore role, created by the shipped script: code of a hostile owner has only its privileges, which are none.
/// </summary>
public sealed class RestoreRoleTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Keeper = "keeper",
        Restorer = "keeper_restore",
        Owner = "keeper_restore_owner";

    // Each attempt is made by functions of a generated column, an index and a constraint; the server's log shows which
    // succeed.
    private static readonly string[] Attempts =
    [
        "SET ROLE keeper",
        "SET ROLE keeper_restore_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SET SESSION AUTHORIZATION keeper",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "ALTER ROLE CURRENT_USER CREATEROLE",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
        "ALTER ROLE keeper PASSWORD 'x'",
        "ALTER ROLE postgres PASSWORD 'x'",
        "CREATE ROLE evil SUPERUSER",
        "CREATE ROLE evil",
        "GRANT keeper TO mallory",
        "GRANT keeper_restore_owner TO mallory",
        "GRANT pg_read_all_data TO mallory",
        "ALTER DATABASE other OWNER TO mallory",
        "ALTER DATABASE other RENAME TO gone",
        "ALTER DATABASE earlier RENAME TO gone",
        "ALTER DATABASE other SET search_path = evil",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "COPY (SELECT 1) TO '/tmp/holdfast-evil'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_ls_dir('.')",
        "CREATE EXTENSION dblink",
        "CREATE EXTENSION postgres_fdw",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_reload_conf()",
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION evil.f()",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    ];

    private PostgreSqlSourceConfig Config =>
        Cluster.Source() with
        {
            User = Keeper,
            Restore = new() { User = Restorer, Password = _ => new(Cluster.Password) },
        };

    public override async ValueTask InitializeAsync()
    {
        await RoleScript.RunAsync(Cluster, Keeper, Token);
        await Cluster.RunAsync("postgres", "CREATE ROLE mallory LOGIN");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Cluster.RunAsync("postgres", $"DROP ROLE mallory; DROP ROLE {Owner}; DROP ROLE {Restorer}; DROP ROLE {Keeper}");
    }

    [Fact]
    public async Task Code_of_a_hostile_owner_gains_nothing_during_a_restore()
    {
        await Cluster.CreateAsync("other");
        await RestoreAsync(Config, "earlier", await BackUpAsync("other", Config));
        await MakeHostileAsync(
            string.Concat(
                Attempts.Select(a =>
                    $"""
                        BEGIN EXECUTE {Text("RESET ROLE")}; EXECUTE {Text(a)}; RAISE WARNING 'gained: %', {Text(
                            a
                        )}; EXCEPTION WHEN OTHERS THEN RAISE WARNING 'refused: % as %', {Text(a)}, session_user; END;
                        """
                )
            )
        );
        var backup = await BackUpAsync("shop", Config);
        var before = await RightsAsync();
        await RestoreAsync(Config, "copy", backup);
        await Cluster.RunAsync("postgres", "DO $$ BEGIN RAISE WARNING 'all is told'; END $$");
        await Cluster.Server.Log.WaitForAsync("all is told", Token);
        var logged = Cluster.Server.Log.Lines.Where(l => l.Contains("|_holdfast_restore_", StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(logged, l => l.Contains("WARNING:  gained: ", StringComparison.Ordinal));
        Assert.All(Attempts, a =>
            Assert.Contains(logged, l => l.Contains($"WARNING:  refused: {a} as {Restorer}", StringComparison.Ordinal))
        );
        Assert.Equal(before, await RightsAsync());
        await AssertOwnedAsync(Cluster, "copy", Owner);
    }

    [Fact]
    public async Task A_shared_owner_of_restored_databases_is_reported_because_code_of_one_can_change_the_others()
    {
        await Cluster.CreateAsync("shop", "mallory");
        await Cluster.RunAsync(
            "shop",
            "CREATE FUNCTION f(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE q; END'; ALTER "
                + "FUNCTION f OWNER TO mallory"
        );
        var backup = await BackUpAsync("shop", Config);
        Assert.DoesNotContain(await RestoreAsync(Config, "first", backup), Tells);
        await Cluster.RunAsync("first", "SET SESSION AUTHORIZATION mallory; SELECT f('ALTER DATABASE first SET work_mem = 64')");
        Assert.Contains(await RestoreAsync(Config, "second", backup), Tells);
        Assert.DoesNotContain(
            await RestoreAsync(
                Config with
                {
                    Restore = Config.Restore with { Owner = Cluster.Restorer + "_owner" },
                    User = Cluster.Superuser,
                },
                "third",
                backup
            ),
            Tells
        );

        static bool Tells(string warning) =>
            warning.StartsWith($"'{Owner}' also owns other databases: 'first'. Code in each", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_restore_ends_although_code_of_the_database_never_does()
    {
        await MakeHostileAsync("LOOP BEGIN PERFORM pg_sleep(3600); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP;");
        var (items, fingerprint) = await BackUpAsync("shop", Config);
        using var stop = new CancellationTokenSource();
        await using var source = Attach(Config);
        await using (var target = await source.BeginRestoreAsync(new("copy", BackupType.Backup, null, fingerprint, 1), Token))
        {
            var loading = target.LoadAsync(items, stop.Token);
            await Cluster.UntilAsync("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name LIKE 'holdfast%'");
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loading);
        }

        await Cluster.UntilAsync(
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'holdfast restore%')"
        );
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Code_that_changes_the_role_is_reported_even_if_it_makes_the_restore_abort()
    {
        await MakeHostileAsync(
            """
            IF EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
            WHERE r.rolname = session_user AND s.setdatabase = 0) THEN
                PERFORM set_config('application_name', 'not holdfast', false), pg_sleep(8);
            END IF;
            ALTER ROLE CURRENT_USER SET work_mem = '64kB';
            """
        );
        var backup = await BackUpAsync("shop", Config);
        try
        {
            var impatient = Config with { StallTimeout = TimeSpan.FromSeconds(1), ConnectTimeout = TimeSpan.FromSeconds(5) };
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(impatient, "copy", backup));
            Assert.True(failure.Error == ErrorCatalog.RestoreRoleChanged, failure.Message);
        }
        finally
        {
            await Cluster.RunAsync("postgres", $"ALTER ROLE {Restorer} RESET ALL");
        }
    }

    [Fact]
    public async Task Code_that_changes_the_role_is_reported_even_if_the_restore_is_cancelled()
    {
        await MakeHostileAsync(
            """
            IF EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
            WHERE r.rolname = session_user AND s.setdatabase = 0 AND s.setconfig::text LIKE '%work_mem%') THEN
                LOOP BEGIN PERFORM pg_sleep(3600); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP;
            END IF;
            ALTER ROLE CURRENT_USER SET work_mem = '64kB';
            """
        );
        var (items, fingerprint) = await BackUpAsync("shop", Config);
        using var stop = new CancellationTokenSource();
        await using var source = Attach(Config);
        try
        {
            await using var target = await source.BeginRestoreAsync(new("copy", BackupType.Backup, null, fingerprint, 1), Token);
            var loading = target.LoadAsync(items, stop.Token);
            await Cluster.UntilAsync("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name LIKE 'holdfast%'");
            await stop.CancelAsync();
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => loading);
            Assert.True(failure.Error == ErrorCatalog.RestoreRoleChanged, failure.Message);
            await AssertNothingLeftAsync(); // so that no session changes it after the check
        }
        finally
        {
            await Cluster.RunAsync("postgres", $"ALTER ROLE {Restorer} RESET ALL");
        }
    }

    [Fact]
    public async Task All_concurrent_restores_are_named_and_none_alone_is_blamed()
    {
        await MakeHostileAsync("ALTER ROLE CURRENT_USER IN DATABASE other SET work_mem = '64kB';");
        await Cluster.CreateAsync("other");
        var (hostile, innocent) = (await BackUpAsync("shop", Config), await BackUpAsync("other", Config));
        await using var source = Attach(Config);
        await using var target = await source.BeginRestoreAsync(new("innocent", BackupType.Backup, null, innocent.Fingerprint, 1), Token);
        var guilty = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Config, "guilty", hostile));
        Assert.Contains("'shop', restored as 'guilty'; the new database 'innocent'.", guilty.Message, StringComparison.Ordinal);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => target.LoadAsync(innocent.Items, Token));
        Assert.Contains("work_mem=64kB in database other", failure.Message, StringComparison.Ordinal);
        Assert.Contains(
            "It may have been any of these, which were restored at the same time: 'other', restored as 'innocent'; 'shop', "
                + "restored as 'guilty'.",
            failure.Message,
            StringComparison.Ordinal
        );
        await Cluster.RunAsync("postgres", $"ALTER ROLE {Restorer} IN DATABASE other RESET ALL");
    }

    [Fact]
    public async Task A_concurrent_restore_of_another_program_is_named_too()
    {
        await MakeHostileAsync("ALTER ROLE CURRENT_USER SET work_mem = '64kB';");
        var backup = await BackUpAsync("shop", Config);
        await Cluster.CreateAsync("_holdfast_restore_of_another");
        await using (await Cluster.OpenAsync("_holdfast_restore_of_another"))
        {
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Config, "copy", backup));
            Assert.Contains(
                "'shop', restored as 'copy'; the restore of another program into '_holdfast_restore_of_another'.",
                failure.Message,
                StringComparison.Ordinal
            );
        }

        await Cluster.RunAsync("postgres", $"ALTER ROLE {Restorer} RESET ALL");
    }

    [Fact]
    public async Task Settings_of_the_restore_role_in_a_database_are_not_restored()
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync("postgres", $"ALTER ROLE {Restorer} IN DATABASE shop SET work_mem = '64kB'");
        var warnings = await RestoreAsync(Config with { User = Cluster.Superuser }, "copy", await BackUpAsync("shop", Config));
        Assert.Contains(warnings, w => w.Contains($"The setting work_mem of '{Restorer}' is left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_superuser_does_not_restore_superuser_settings_of_an_untrusted_database()
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync(
            "postgres",
            "ALTER DATABASE shop SET log_statement = 'none'; ALTER DATABASE shop SET plperl.on_init = 'evil'; ALTER DATABASE "
                + "shop SET work_mem = '5MB'"
        );
        var backup = await BackUpAsync("shop", Config);
        var warnings = await RestoreAsync(Config with { User = Cluster.Superuser }, "copy", backup);
        Assert.Equal(["{work_mem=5MB}"], await SettingsAsync("copy"));
        Assert.Contains(warnings, w => w.StartsWith("The setting log_statement = 'none' is left out", StringComparison.Ordinal));
        var trusting = Config with { User = Cluster.Superuser, Restore = Config.Restore with { AllowPrivilegedRole = true } };
        await RestoreAsync(trusting, "trusted", backup);
        Assert.Equal(["{log_statement=none,plperl.on_init=evil,work_mem=5MB}"], await SettingsAsync("trusted"));

        Task<IReadOnlyList<string>> SettingsAsync(string database) =>
            Cluster.QueryAsync(
                "postgres",
                "SELECT setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE "
                    + $"d.datname = '{database}'"
            );
    }

    [Theory]
    [InlineData("ALTER ROLE CURRENT_USER PASSWORD 'x'", "the password")]
    [InlineData("ALTER ROLE CURRENT_USER SET work_mem = '64kB'", "work_mem")]
    [InlineData("ALTER ROLE CURRENT_USER IN DATABASE postgres SET work_mem = '64kB'", "work_mem=64kB in database postgres")]
    [InlineData(
        "DO $x$ BEGIN EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET work_mem = %L', current_database(), '64kB'); END $x$",
        "work_mem=64kB in database _holdfast_restore_"
    )]
    public async Task Code_that_changes_the_role_is_reported_and_nothing_is_kept(string attempt, string said)
    {
        await MakeHostileAsync($"EXECUTE {Text(attempt)};");
        var backup = await BackUpAsync("shop", Config);
        try
        {
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Config, "copy", backup));
            Assert.True(failure.Error == ErrorCatalog.RestoreRoleChanged, failure.Message);
            Assert.Contains(said, failure.Message, StringComparison.Ordinal);
            Assert.StartsWith("Code of 'shop', restored as 'copy', has", failure.Message, StringComparison.Ordinal);
            Assert.NotNull(failure.Hint);
            await AssertNothingLeftAsync();
        }
        finally
        {
            await Cluster.RunAsync("postgres", $"ALTER ROLE {Restorer} RESET ALL; ALTER ROLE {Restorer} IN DATABASE postgres RESET ALL");
        }
    }

    [Theory]
    [InlineData($"GRANT {Restorer} TO mallory", "members keeper, mallory")]
    [InlineData($"SET SESSION AUTHORIZATION mallory; GRANT gang TO {Restorer}", "member of gang")]
    public async Task A_membership_granted_during_a_restore_is_reported_and_nothing_is_kept(string grant, string said)
    {
        await Cluster.RunAsync("postgres", "CREATE ROLE gang ADMIN mallory");
        try
        {
            await Cluster.CreateAsync("shop", "mallory");
            var (items, fingerprint) = await BackUpAsync("shop", Config);
            await using var source = Attach(Config);
            await using (var target = await source.BeginRestoreAsync(new("copy", BackupType.Backup, null, fingerprint, 1), Token))
            {
                await Cluster.RunAsync("postgres", grant); // as its owner can in his own session
                var failure = await Assert.ThrowsAsync<HoldfastException>(() => target.LoadAsync(items, Token));
                Assert.True(failure.Error == ErrorCatalog.RestoreRoleChanged, failure.Message);
                Assert.Contains(said, failure.Message, StringComparison.Ordinal);
                Assert.Contains("REVOKE", failure.Hint, StringComparison.Ordinal);
                Assert.NotEqual(target.RestoreRole!.Before, target.RestoreRole.After);
            }

            await AssertNothingLeftAsync();
        }
        finally
        {
            await Cluster.ClearAsync();
            await Cluster.RunAsync("postgres", "DROP ROLE gang");
        }
    }

    [Fact]
    public async Task An_unchanged_role_is_recognised_as_unchanged()
    {
        await Cluster.CreateAsync("shop");
        var (items, fingerprint) = await BackUpAsync("shop", Config);
        await using var source = Attach(Config);
        await using var target = await source.BeginRestoreAsync(new("copy", BackupType.Backup, null, fingerprint, 1), Token);
        await target.LoadAsync(items, Token);
        Assert.Equal("settings lc_messages=C; members keeper", target.RestoreRole!.Before);
        Assert.Equal(target.RestoreRole.Before, target.RestoreRole.After);
    }

    [Theory]
    [InlineData($"ALTER ROLE {Restorer} SUPERUSER", "superuser")]
    [InlineData($"ALTER ROLE {Restorer} BYPASSRLS", "BYPASSRLS")]
    [InlineData($"ALTER ROLE {Restorer} CREATEROLE", "CREATEROLE")]
    [InlineData($"ALTER ROLE {Restorer} REPLICATION", "REPLICATION")]
    [InlineData($"GRANT pg_read_all_data TO {Restorer}", "pg_read_all_data")]
    [InlineData($"GRANT pg_write_all_data TO {Restorer}", "pg_write_all_data")]
    [InlineData($"GRANT pg_read_server_files TO {Restorer}", "pg_read_server_files")]
    [InlineData($"GRANT pg_execute_server_program TO {Restorer}", "pg_execute_server_program")]
    [InlineData($"GRANT pg_monitor TO {Restorer}", "pg_monitor")]
    [InlineData($"GRANT postgres TO {Restorer}", "can become 'postgres'")]
    [InlineData($"GRANT {Owner} TO {Restorer}", $"can become '{Owner}'")]
    [InlineData($"GRANT {Cluster.User} TO {Restorer}", $"can become '{Cluster.User}', which owns databases")]
    public async Task A_role_with_more_privileges_than_LOGIN_runs_no_restore_unless_allowed(string grant, string said)
    {
        await Cluster.CreateAsync("shop");
        var backup = await BackUpAsync("shop", Config);
        await Cluster.RunAsync("postgres", grant);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Config, "copy", backup));
        Assert.Equal(ErrorCatalog.NotAllowed, failure.Error);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
        await RestoreAsync(Config with { Restore = Config.Restore with { AllowPrivilegedRole = true } }, "copy", backup);
        await BackUpAsync("shop", Config);
    }

    [Fact]
    public async Task A_source_without_a_restore_role_is_backed_up_and_reports_what_a_restore_needs()
    {
        await Cluster.CreateAsync("shop");
        var config = Config with { Restore = new() };
        var backup = await BackUpAsync("shop", config);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(config, "copy", backup));
        Assert.Equal(ErrorCatalog.NotAllowed, failure.Error);
        Assert.Contains("postgresql-role.sql", failure.Hint, StringComparison.Ordinal);
        await using var source = Attach(config);
        var test = await source.TestConnectionAsync(Token);
        Assert.Empty(test.Problems);
        Assert.Contains(test.Notes, n => n.Hint?.Contains("postgresql-role.sql", StringComparison.Ordinal) == true);
        await using var whole = Attach(Config);
        Assert.Empty((await whole.TestConnectionAsync(Token)).Notes);
    }

    [Theory]
    [InlineData($"ALTER ROLE {Restorer} PASSWORD 'other'", "refused the password")]
    [InlineData($"REVOKE {Owner} FROM {Keeper}", $"GRANT \"{Owner}\" TO \"{Keeper}\";")]
    [InlineData($"REVOKE {Restorer} FROM {Keeper}", $"GRANT \"{Restorer}\" TO \"{Keeper}\";")]
    [InlineData($"CREATE DATABASE precious OWNER {Restorer}", "owns the database 'precious'")]
    public async Task Missing_privileges_of_the_roles_are_reported_before_anything_is_created(string change, string said)
    {
        await Cluster.CreateAsync("shop");
        var backup = await BackUpAsync("shop", Config);
        await Cluster.RunAsync("postgres", change);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Config, "copy", backup));
        Assert.Contains(said, failure.Message + failure.Hint, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
        await using var source = Attach(Config);
        Assert.Contains((await source.TestConnectionAsync(Token)).Notes, n =>
            (n.Message + n.Hint).Contains(said, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task One_of_everything_is_restored_and_belongs_to_the_configured_owner()
    {
        await Cluster.RunAsync("postgres", $"CREATE ROLE \"a reader\"; CREATE ROLE \"an owner\" NOLOGIN; GRANT \"an owner\" TO {Keeper}");
        try
        {
            await Cluster.CreateAsync("everything");
            await Cluster.RunAsync(
                "everything",
                await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Samples", "everything.sql"), Token),
                Cluster.User
            );
            await RestoreAsync(
                Config with
                {
                    Restore = Config.Restore with { Owner = "an owner" },
                },
                "copy",
                await BackUpAsync("everything", Cluster.Source(Cluster.Superuser))
            );
            Assert.Equal(
                await Contents.SchemaAsync(Cluster, "everything", "--no-owner", "--no-acl"),
                await Contents.SchemaAsync(Cluster, "copy", "--no-owner", "--no-acl")
            );
            Assert.Equal(await Contents.SumsAsync(Cluster, "everything"), await Contents.SumsAsync(Cluster, "copy"));
            await AssertOwnedAsync(Cluster, "copy", "an owner");
        }
        finally
        {
            await Cluster.ClearAsync();
            await Cluster.RunAsync("postgres", "DROP ROLE \"a reader\", \"an owner\"");
        }
    }

    [Theory]
    [InlineData(14)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task Other_versions_transfer_ownership_too(int major)
    {
        await using var other = await OtherServers.StartAsync(major);
        await RoleScript.RunAsync(other, Keeper, Token);
        var from = major < 15 ? other : Cluster; // a database is not restored to an older server, and there is no pg_dump for newer ones
        await from.CreateAsync("shop");
        await from.RunAsync(
            "shop",
            "CREATE TABLE t(id serial PRIMARY KEY, n numeric); INSERT INTO t(n) SELECT generate_series(1, 100); CREATE "
                + "SCHEMA s; CREATE TABLE s.t AS TABLE t; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            Cluster.User
        );
        await RestoreAsync(Config with { Hosts = [new("127.0.0.1", other.Port)] }, "copy", await BackUpAsync("shop", from.Source()));
        Assert.Equal(await Contents.SumsAsync(from, "shop"), await Contents.SumsAsync(other, "copy"));
        await AssertOwnedAsync(other, "copy", Owner);
    }

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static Task<IReadOnlyList<string>> RestoreAsync(
        PostgreSqlSourceConfig config,
        string name,
        (MemoryItems Items, IReadOnlyDictionary<string, string> Fingerprint) backup
    ) => RestoreAsync(config, name, backup.Items, backup.Fingerprint);

    // A function that must not be volatile calls one that is.
    private async Task MakeHostileAsync(string body)
    {
        await Cluster.CreateAsync("shop", "mallory");
        await using var connection = await Cluster.OpenAsync("shop");
        await using var command = new NpgsqlCommand(
            $"""
            SET SESSION AUTHORIZATION mallory;
            CREATE SCHEMA evil;
            CREATE FUNCTION evil.f() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN
            IF current_setting('evil.off', true) = 'on' THEN RETURN 1; END IF; {body} RETURN 1; END $f$;
            CREATE FUNCTION evil.calm(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN RETURN i + evil.f(); END $f$;
            SET evil.off = 'on';
            CREATE TABLE evil.generated(i int, g int GENERATED ALWAYS AS (evil.calm(i)) STORED); INSERT INTO evil.generated VALUES (1);
            CREATE TABLE evil.indexed(i int); INSERT INTO evil.indexed VALUES (1); CREATE INDEX ON evil.indexed (evil.calm(i));
            CREATE TABLE evil.checked(i int CHECK (evil.calm(i) > 0)); INSERT INTO evil.checked VALUES (1);
            """,
            connection
        );
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task<string> RightsAsync() =>
        string.Join(
            '\n',
            [
                .. await Cluster.QueryAsync("postgres", "SELECT a::text FROM pg_authid a ORDER BY rolname"),
                .. await Cluster.QueryAsync(
                    "postgres",
                    "SELECT roleid::regrole::text, member::regrole::text, admin_option FROM pg_auth_members ORDER BY 1, 2"
                ),
                .. await Cluster.QueryAsync(
                    "postgres",
                    "SELECT datname, datdba::regrole::text, datacl::text FROM pg_database WHERE datname <> 'copy' ORDER BY 1"
                ),
                .. await Cluster.QueryAsync(
                    "postgres",
                    "SELECT setdatabase, setrole, setconfig::text FROM pg_db_role_setting ORDER BY 1, 2"
                ),
            ]
        );

    private static async Task AssertOwnedAsync(Cluster cluster, string database, string owner)
    {
        Assert.Equal(
            [owner],
            await cluster.QueryAsync("postgres", $"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{database}'")
        );
        Assert.Empty(
            await cluster.QueryAsync(
                database,
                $"SELECT classid::regclass::text, objid FROM pg_shdepend WHERE refobjid = '{Restorer}'::regrole AND classid "
                    + "<> 'pg_auth_members'::regclass AND (dbid = 0 OR dbid = (SELECT oid FROM pg_database WHERE datname = "
                    + "current_database()))"
            )
        );
    }
}
