using System.Buffers.Binary;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Loading;

/// <summary>
/// A machine often has newer programs than the server. Those of version 17 and newer set a parameter that older servers
/// reject. This machine does not have them: a script simulates them, with their version and their error, and calls the
/// real <c>pg_restore</c>.
/// </summary>
public sealed class NewerToolTests(Cluster cluster) : ServerTest(cluster)
{
    private const string Refused = """
        pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"
        Command was: SET transaction_timeout = 0;

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_dump_of_a_newer_pg_dump_requires_its_pg_restore()
    {
        var (items, fingerprint) = await MadeByNewerAsync();
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(Cluster.Source(), "copy", items, fingerprint));
        Assert.Contains("Version 17 or newer is required", failure.Message, StringComparison.Ordinal);
        Assert.Contains("postgresql-client-17", failure.Hint, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_parameter_unknown_to_the_server_is_not_a_failure()
    {
        var (items, fingerprint) = await MadeByNewerAsync();
        Make("pg_restore: warning: errors ignored on restore: 1", 1);
        Assert.Empty(await RestoreAsync(Cluster.Source() with { ToolFolders = [_folder] }, "copy", items, fingerprint));
        Assert.Equal(await Contents.SchemaAsync(Cluster, "shop"), await Contents.SchemaAsync(Cluster, "copy"));
        Assert.Equal(await Contents.SumsAsync(Cluster, "shop"), await Contents.SumsAsync(Cluster, "copy"));
        Assert.DoesNotContain(
            "--exit-on-error",
            await File.ReadAllTextAsync(Path.Combine(_folder, "arguments"), Token),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Any_other_error_is_a_failure_and_reported_alone()
    {
        var (items, fingerprint) = await MadeByNewerAsync();
        Make(
            "pg_restore: error: could not execute query: ERROR:  out of luck\nCommand was: CREATE TABLE x;\npg_restore: "
                + "warning: errors ignored on restore: 2",
            1
        );
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(Cluster.Source() with { ToolFolders = [_folder] }, "copy", items, fingerprint)
        );
        Assert.Contains("out of luck", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("transaction_timeout", failure.Message, StringComparison.Ordinal);
        await AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(Refused + "pg_restore: warning: errors ignored on restore: 1", true)]
    // of two connections
    [InlineData("pg_restore: while INITIALIZING:\n" + Refused + Refused + "pg_restore: warning: errors ignored on restore: 1", true)]
    [InlineData(
        "pg_restore: error: could not execute query: FEHLER:  unbekannter Konfigurationsparameter "
            + "»transaction_timeout«\nZEILE 1: SET\n  ^\nCommand was: SET transaction_timeout = 0;\npg_restore: warning: errors "
            + "ignored on restore: 1",
        true
    )]
    [InlineData(
        "pg_restore: error: could not execute query: ERROR:  x\npg_restore: error: y\nCommand was: SET transaction_timeout = "
            + "0;\npg_restore: warning: errors ignored on restore: 1",
        false
    )]
    [InlineData(Refused + "pg_restore: warning: errors ignored on restore: 2", false)]
    [InlineData(Refused + "pg_restore: error: server closed the connection unexpectedly", false)]
    [InlineData(Refused, false)] // it exited before the end
    [InlineData("pg_restore: warning: errors ignored on restore: 1", false)]
    [InlineData("", false)]
    public void Only_that_error_is_ignored(string said, bool isAll) =>
        Assert.Equal(isAll, TransactionTimeoutError.IsOnlyError(said.ReplaceLineEndings("\n").Trim()));

    private async Task<(HookedItems Items, IReadOnlyDictionary<string, string> Fingerprint)> MadeByNewerAsync()
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync(
            "shop",
            "CREATE TABLE item(id int PRIMARY KEY, note text); INSERT INTO item SELECT i, md5(i::text) FROM "
                + "generate_series(1, 1000) i; CREATE INDEX ON item(note); SELECT lo_from_bytea(0, 'x')",
            Cluster.User
        );
        var (items, fingerprint) = await BackUpAsync("shop");
        return (new(items) { Dump = MadeBy17 }, fingerprint);
    }

    // Its version is the text after that of the server, which begins alike. A sign and the length precede a text.
    private static byte[] MadeBy17(byte[] dump)
    {
        var server = dump.AsSpan().IndexOf("15."u8);
        "17."u8.CopyTo(dump.AsSpan(server + BinaryPrimitives.ReadInt32LittleEndian(dump.AsSpan(server - 4)) + 5));
        return dump;
    }

    private void Make(string more, int exitCode)
    {
        var path = Path.Combine(_folder, Tool.Restore);
        var script = $"""
            #!/bin/sh
            if [ "$1" = --version ]; then echo 'pg_restore (PostgreSQL) 17.6'; exit; fi
            echo "$@" >> '{_folder}/arguments'
            '{Postmaster.Binaries}/pg_restore' "$@" || exit
            printf '%s\n' '{Refused.ReplaceLineEndings("\n").Trim()}' '{more}' >&2
            exit {exitCode}

            """;
        File.WriteAllText(path, script.ReplaceLineEndings("\n"), new UTF8Encoding(false));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
