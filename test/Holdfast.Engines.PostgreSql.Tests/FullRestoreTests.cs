using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.Restores;

namespace Holdfast.Engines.PostgreSql.Tests;

/// <summary>A database with one of everything is restored unchanged.</summary>
public sealed class FullRestoreTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Roles = "\"a reader\", \"an owner\"";

    public override async ValueTask InitializeAsync()
    {
        await Cluster.ClearAsync();
        await Cluster.RunAsync("postgres", $"DROP ROLE IF EXISTS {Roles}; CREATE ROLE \"a reader\"; CREATE ROLE \"an owner\"");
        await Cluster.CreateAsync("everything");
        await RunFileAsync("everything.sql", Cluster.User);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Cluster.RunAsync("postgres", $"DROP ROLE IF EXISTS {Roles}");
    }

    [Fact]
    public async Task A_superuser_restores_everything_with_its_owners()
    {
        await RunFileAsync("superuser.sql", Cluster.Superuser);
        await Cluster.RunAsync(
            "postgres",
            "ALTER DATABASE everything SET search_path = \"$user\", public, \"Odd schema\"; COMMENT ON DATABASE everything "
                + "IS 'all of it'; GRANT CREATE ON DATABASE everything TO \"a reader\"; ALTER DATABASE everything CONNECTION LIMIT "
                + "9"
        );
        var (items, fingerprint) = await BackUpAsync("everything", Cluster.Source(Cluster.Superuser));
        Assert.Empty(await RestoreAsync(Cluster.Source(Cluster.Superuser), "copy", items, fingerprint));
        Assert.Equal(await Contents.SchemaAsync(Cluster, "everything"), await Contents.SchemaAsync(Cluster, "copy"));
        Assert.Equal(await Contents.SumsAsync(Cluster, "everything"), await Contents.SumsAsync(Cluster, "copy"));
        Assert.Equal(await PropertiesAsync("everything"), await PropertiesAsync("copy"));
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_role_with_only_CREATEDB_restores_everything_as_the_owner()
    {
        var (items, fingerprint) = await BackUpAsync("everything", Cluster.Source(Cluster.Superuser));
        Assert.Empty(await RestoreAsync(Cluster.Source(), "copy", items, fingerprint));
        Assert.Equal(await Contents.SchemaAsync(Cluster, "everything"), await Contents.SchemaAsync(Cluster, "copy"));
        Assert.Equal(await Contents.SumsAsync(Cluster, "everything"), await Contents.SumsAsync(Cluster, "copy"));
    }

    [Fact]
    public async Task Missing_roles_are_listed_created_or_skipped()
    {
        var (items, fingerprint) = await BackUpAsync("everything", Cluster.Source(Cluster.Superuser));
        await Cluster.ClearAsync();
        await Cluster.RunAsync("postgres", $"DROP ROLE {Roles}");
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Cluster.Source(), "copy", items, fingerprint));
        Assert.Equal(ErrorCatalog.NotAllowed, failure.Error);
        Assert.Contains("'a reader'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("CREATE ROLE \"a reader\";", failure.Hint, StringComparison.Ordinal);
        await AssertNothingLeftAsync();

        var config = Cluster.Source();
        var warnings = await RestoreAsync(
            config with
            {
                Restore = config.Restore with { MissingRoles = MissingRoles.Skip },
            },
            "skipped",
            items,
            fingerprint
        );
        Assert.Contains(warnings, w => w.Contains("for the reader", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("kinds", StringComparison.Ordinal));
        Assert.DoesNotContain("a reader", await Contents.SchemaAsync(Cluster, "skipped"), StringComparison.Ordinal);

        config = Cluster.Source(Cluster.Superuser);
        config = config with { Restore = config.Restore with { MissingRoles = MissingRoles.Create } };
        Assert.Contains(await RestoreAsync(config, "made", items, fingerprint), w => w.Contains("'a reader'", StringComparison.Ordinal));
        Assert.Equal(["False"], await Cluster.QueryAsync("postgres", "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'a reader'"));
    }

    [Fact]
    public async Task Another_owner_can_be_chosen()
    {
        await Cluster.RunAsync("postgres", $"GRANT \"an owner\" TO {Cluster.User}");
        var (items, fingerprint) = await BackUpAsync("everything", Cluster.Source(Cluster.Superuser));
        var config = Cluster.Source();
        await RestoreAsync(config with { Restore = config.Restore with { Owner = "an owner" } }, "owned", items, fingerprint);
        Assert.Equal(
            ["an owner"],
            await Cluster.QueryAsync("postgres", "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'owned'")
        );
        Assert.Equal(
            ["an owner"],
            await Cluster.QueryAsync(
                "owned",
                "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND "
                    + "relkind IN ('r', 'p', 'v', 'm', 'S')"
            )
        );
        Assert.Equal(await Contents.SumsAsync(Cluster, "everything"), await Contents.SumsAsync(Cluster, "owned"));
    }

    private async Task RunFileAsync(string file, string user) =>
        await Cluster.RunAsync(
            "everything",
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Samples", file), Token),
            user
        );

    private async Task<string> PropertiesAsync(string name) =>
        Assert.Single(
            await Cluster.QueryAsync(
                "postgres",
                "SELECT pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, shobj_description(oid, "
                    + "'pg_database'), (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(datacl) a ), (SELECT "
                    + $"setconfig::text FROM pg_db_role_setting WHERE setdatabase = oid) FROM pg_database WHERE datname = '{name}'"
            )
        );
}
