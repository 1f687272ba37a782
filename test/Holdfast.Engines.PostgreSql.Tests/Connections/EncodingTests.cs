using System.Text;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Connections;

/// <summary>
/// Names and rows are restored byte by byte, whatever the encoding of the database and the settings of its owner.
/// </summary>
public sealed class EncodingTests(Cluster cluster) : ServerTest(cluster)
{
    [Theory]
    [InlineData("UTF8", "caf\u00e9")]
    [InlineData("LATIN1", "caf\u00e9")]
    [InlineData("WIN1251", "\u0442\u0430\u0431\u043b\u0438\u0446\u0430")]
    [InlineData("EUC_JP", "\u30c6\u30fc\u30d6\u30eb")]
    [InlineData("EUC_KR", "\ud14c\uc774\ube14")]
    [InlineData("SQL_ASCII", "caf\u00e9")]
    public async Task Names_and_rows_in_every_encoding_are_restored_unchanged(string encoding, string name)
    {
        await MakeAsync(encoding, name);
        await AssertComesBackAsync();
    }

    [Theory]
    [InlineData("UTF8", "LATIN1")]
    [InlineData("UTF8", "SQL_ASCII")]
    [InlineData("LATIN1", "UTF8")]
    [InlineData("EUC_JP", "SJIS")]
    public async Task A_client_encoding_set_by_the_owner_has_no_effect(string encoding, string ofClients)
    {
        await MakeAsync(encoding, encoding == "EUC_JP" ? "\u30c6\u30fc\u30d6\u30eb" : "caf\u00e9");
        await Cluster.RunAsync("shop", $"ALTER DATABASE shop SET client_encoding = '{ofClients}'", Cluster.User);
        await AssertComesBackAsync();
    }

    [Fact]
    public async Task Names_that_are_not_valid_text_in_any_encoding_are_restored()
    {
        await CreateAsync("SQL_ASCII");
        await Cluster.RunAsync(
            "shop",
            "DO $$ BEGIN EXECUTE format('CREATE TABLE %I(%I int PRIMARY KEY, t text)', 'caf' || chr(233), chr(200) || 'x'); "
                + "EXECUTE format('INSERT INTO %I VALUES (1, %L)', 'caf' || chr(233), chr(255)); EXECUTE format('CREATE SEQUENCE "
                + "%I', 's' || chr(254)); END $$",
            Cluster.User
        );
        await AssertComesBackAsync();
    }

    [Fact]
    public async Task Roles_with_non_ascii_names_are_found_in_a_dump_with_another_encoding()
    {
        await MakeAsync("LATIN1", "caf\u00e9");
        await Cluster.RunAsync("postgres", "CREATE ROLE \"ren\u00e9e\"; CREATE ROLE \"zo\u00eb\"");
        await Cluster.RunAsync("postgres", $"GRANT \"zo\u00eb\" TO {Cluster.User}");
        try
        {
            await GrantAsync("ren\u00e9e");
            var (items, fingerprint) = await BackUpAsync("shop");
            Assert.Empty(await RestoreAsync(Cluster.Source() with { Restore = new() { Owner = "zo\u00eb" } }, "copy", items, fingerprint));
            Assert.Equal(
                ["ren\u00e9e", "zo\u00eb"],
                (
                    await Cluster.QueryAsync(
                        "copy",
                        "SELECT DISTINCT convert_from(rolname::text::bytea, 'UTF8') FROM pg_class c, aclexplode(relacl) a "
                            + "JOIN pg_roles r ON r.oid = a.grantee WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                    )
                ).Order(StringComparer.Ordinal)
            );
        }
        finally
        {
            await Cluster.ClearAsync();
            await Cluster.RunAsync("postgres", "DROP ROLE \"ren\u00e9e\", \"zo\u00eb\"");
        }
    }

    private Task CreateAsync(string encoding) =>
        Cluster.RunAsync(
            "postgres",
            $"CREATE DATABASE shop OWNER {Cluster.User} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        );

    private async Task MakeAsync(string encoding, string name)
    {
        await CreateAsync(encoding);
        await Cluster.RunAsync(
            "shop",
            $"""
            CREATE SCHEMA "s {name}"; CREATE TYPE "s {name}"."e {name}" AS ENUM ('{name}', 'b');
            CREATE TABLE "s {name}"."{name}"("id {name}" serial PRIMARY KEY, t text, e "s {name}"."e {name}" DEFAULT '{name}');
            INSERT INTO "s {name}"."{name}"(t) SELECT '{name} ' || i FROM generate_series(1, 100) i;
            CREATE TABLE "{name}"(i int, "{name}" text); INSERT INTO "{name}" VALUES (1, '{name}');
            CREATE INDEX "x {name}" ON "{name}"("{name}"); COMMENT ON TABLE "{name}" IS '{name}';
            CREATE VIEW "v {name}" AS SELECT * FROM "{name}";
            CREATE TABLE "p {name}"(i int) PARTITION BY LIST (i);
            CREATE TABLE "p1 {name}" PARTITION OF "p {name}" FOR VALUES IN (1); INSERT INTO "p {name}" VALUES (1);
            """,
            Cluster.User
        );
    }

    // A role's name is stored as bytes without an encoding; inside a LATIN1 database they are read as other letters.
    private Task GrantAsync(string role) =>
        Cluster.RunAsync(
            "shop",
            $"GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(role))}\"",
            Cluster.User
        );

    private async Task AssertComesBackAsync()
    {
        var (items, fingerprint) = await BackUpAsync("shop");
        Assert.Empty(await RestoreAsync(Cluster.Source(), "copy", items, fingerprint));
        Assert.Equal(
            await Contents.DumpAsync(Cluster, "shop", "--no-comments", "--inserts"),
            await Contents.DumpAsync(Cluster, "copy", "--no-comments", "--inserts")
        );
        Assert.Equal(await Contents.DumpAsync(Cluster, "shop"), await Contents.DumpAsync(Cluster, "copy"));
    }
}
