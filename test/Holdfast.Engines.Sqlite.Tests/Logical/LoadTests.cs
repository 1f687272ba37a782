using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

public sealed class LoadTests : IDisposable
{
    private const string Sample =
        "PRAGMA journal_mode=WAL; CREATE TABLE t(a, b); INSERT INTO t VALUES(1,'it''s; \"x\"'),(2.5,x'00'),(NULL,'ü'); "
        + "CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT 1 -- it\n; CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT ';'; /* "
        + "END; */ SELECT CASE 1 WHEN 1 THEN 2 END; END; CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES('one "
        + "two'); ANALYZE";
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_truncated_script_never_loads()
    {
        var (script, facts) = await Sandbox.DumpAsync(_sandbox.Create(Sample));
        var end = script.AsSpan().TrimEnd((byte)'\n').Length;
        for (var length = 0; length < end; length += 1 + (length % 7))
        {
            var failure = await Assert.ThrowsAsync<HoldfastException>(() => _sandbox.LoadAsync(script.AsMemory(0, length), facts));
            Assert.Equal(ErrorCatalog.Corrupt, failure.Error);
        }

        await _sandbox.LoadAsync(script.AsMemory(0, end), facts);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(13)]
    public async Task Chunks_of_any_size_create_the_same_database(int chunk)
    {
        var path = _sandbox.Create(Sample);
        var (script, facts) = await Sandbox.DumpAsync(path);
        DatabaseComparer.AssertEqual(path, await _sandbox.LoadAsync(script, facts, chunk: chunk));
    }

    [Fact]
    public async Task A_script_with_a_missing_row_or_index_is_reported()
    {
        var (script, facts) = await Sandbox.DumpAsync(_sandbox.Create(Sample));
        var text = Encoding.UTF8.GetString(script);
        foreach (var (gone, what) in new[] { ("CREATE INDEX i ON t(a);\n", "indexes"), (",\n(2,2.5,x'00')", "rows"), ("-- it", "schema") })
        {
            Assert.Contains(gone, text);
            var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
                _sandbox.LoadAsync(Encoding.UTF8.GetBytes(text.Replace(gone, "")), facts)
            );
            Assert.Equal(ErrorCatalog.Corrupt, failure.Error);
            Assert.True(failure.Message.Contains(what) || failure.Message.Contains("cut"), failure.Message);
        }
    }

    [Theory]
    [InlineData("(1,1,'it''s; \"x\"')", "(1,1,'it''s; \"y\"')", "t")]
    [InlineData("(2,2.5,x'00')", "(2,2.5,x'01')", "t")]
    [InlineData("(2,2.5,x'00')", "(2,2.5,CAST(x'00' AS TEXT))", "t")]
    [InlineData("(1,1,'it''s", "(1,1.0,'it''s", "t")]
    [InlineData("(3,NULL,", "(4,NULL,", "t")]
    [InlineData("'one two'", "'one TWO'", "f_content")]
    public async Task A_script_with_a_changed_value_is_reported(string value, string other, string table)
    {
        var (script, facts) = await Sandbox.DumpAsync(_sandbox.Create(Sample));
        var text = Encoding.UTF8.GetString(script);
        Assert.Contains(value, text);
        var changed = Encoding.UTF8.GetBytes(text.Replace(value, other));
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => _sandbox.LoadAsync(changed, facts));
        Assert.Equal(ErrorCatalog.Corrupt, failure.Error);
        Assert.Contains($"table \"{table}\" has other values", failure.Message, StringComparison.Ordinal);

        // A backup of an earlier version has no digests, and is loaded as before.
        await _sandbox.LoadAsync(changed, facts.Where(f => !f.Key.StartsWith(TableDigest.Prefix, StringComparison.Ordinal)).ToDictionary());
    }

    [Fact]
    public async Task A_table_missing_from_the_script_is_reported()
    {
        var (script, facts) = await Sandbox.DumpAsync(_sandbox.Create("CREATE TABLE t(a)"));
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _sandbox.LoadAsync(script, new Dictionary<string, string>(facts) { ["values:gone"] = new('0', 32) })
        );
        Assert.Equal(ErrorCatalog.Corrupt, failure.Error);
        Assert.Contains("it has no table \"gone\"", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_out_of_order_in_a_damaged_file_are_restored()
    {
        var path = _sandbox.Create("PRAGMA page_size=512; CREATE TABLE t(a); INSERT INTO t VALUES('first'),('second')");
        using (var file = File.Open(path, FileMode.Open))
        {
            var cells = new byte[4]; // of the two rows, after the 8 bytes at the start of the table's only page
            file.Position = 512 + 8;
            file.ReadExactly(cells);
            file.Position = 512 + 8;
            file.Write([cells[2], cells[3], cells[0], cells[1]]);
        }

        var (script, facts) = await Sandbox.DumpAsync(path);
        Assert.Contains("(2,'second'),\n(1,'first')", Encoding.UTF8.GetString(script), StringComparison.Ordinal);
        using var loaded = Sandbox.Open(await _sandbox.LoadAsync(script, facts));
        Assert.Equal("first,second", loaded.QueryText("SELECT group_concat(a) FROM t"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_encrypted_database_is_restored_encrypted(bool raw)
    {
        if (!CipherSupport.IsAvailable)
        {
            Assert.Skip("SQLite3 Multiple Ciphers is not built here.");
        }
        var key = raw ? DatabaseKey.FromRaw(RandomNumberGenerator.GetBytes(32)) : DatabaseKey.FromPassphrase("pässword 'x'");
        var path = _sandbox.Create(Sample, key);
        var (script, facts) = await Sandbox.DumpAsync(path, key);
        await _sandbox.RoundTripAsync(path, key);
        var loaded = await _sandbox.LoadAsync(script, facts, key);
        Assert.False(
            (await File.ReadAllBytesAsync(loaded, TestContext.Current.CancellationToken)).AsSpan().StartsWith("SQLite format 3"u8)
        );
    }

    [Fact]
    public async Task Cancellation_interrupts_a_running_statement()
    {
        using var cancel = new CancellationTokenSource();
        var rows = string.Join(",\n", Enumerable.Range(0, 200).Select(i => $"('{new string('a', 30_000)}{i}')"));
        var script = Encoding.UTF8.GetBytes(
            $"BEGIN;\nCREATE TABLE t(a);\nINSERT INTO \"t\" VALUES\n{rows};\nCREATE INDEX i ON "
                + "t(instr(a,substr(a,1,15000)||'b'));\nCOMMIT;\nPRAGMA journal_mode=delete;\n"
        );
        using var file = Sandbox.ToBe(_sandbox.NewPath());
        var load = Task.Run(
            () =>
                SqlLoad.LoadAsync(
                    file,
                    null,
                    async take =>
                    {
                        var index = script.AsSpan().IndexOf("CREATE INDEX"u8);
                        await take(script.AsMemory(0, index), TestContext.Current.CancellationToken);
                        cancel.CancelAfter(TimeSpan.FromMilliseconds(50));
                        await take(script.AsMemory(index), TestContext.Current.CancellationToken);
                    },
                    new Dictionary<string, string>(),
                    cancel.Token
                ),
            TestContext.Current.CancellationToken
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => load);
    }

    [Theory]
    [InlineData("CREATE TABLE t(a INTEGER);", "(1,'01234'),\n(2,'x'),\n(3,'5678')", 2)]
    [InlineData("CREATE TABLE t(a STRING);", "(1,CAST(x'3700696d706f7274616e74' AS TEXT))", 1)]
    [InlineData("CREATE TABLE t(a INT);", "(1,7.0)", 1)]
    [InlineData("CREATE TABLE t(a TEXT);", "(1,7),\n(2,7.5)", 2)]
    [InlineData("CREATE TABLE t(a);", "(1,'01234'),\n(2,7.0),\n(3,7)", 0)]
    [InlineData("CREATE TABLE t(a INTEGER, b AS (a + 1));", "(1,1),\n(2,NULL),\n(3,'x')", 0)]
    public async Task Values_converted_by_their_column_are_reported_for_backups_of_earlier_versions(string table, string rows, int changed)
    {
        var script = Encoding.UTF8.GetBytes(
            $"PRAGMA foreign_keys=OFF;\nPRAGMA encoding='UTF-8';\nPRAGMA page_size=4096;\nBEGIN;\n{table}\nINSERT INTO "
                + $"\"t\"(rowid,\"a\") VALUES\n{rows};\nCOMMIT;\nPRAGMA journal_mode=delete;\n"
        );
        using var file = Sandbox.ToBe(_sandbox.NewPath());
        var warnings = await SqlLoad.LoadAsync(
            file,
            null,
            async take => await take(script, TestContext.Current.CancellationToken),
            new Dictionary<string, string>(),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(changed > 0 ? 1 : 0, warnings.Count);
        if (changed > 0)
        {
            Assert.StartsWith(
                $"{changed} values were converted by the type of their column \"t\".\"a\"",
                warnings[0],
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task An_error_of_the_archive_is_passed_on()
    {
        using var file = Sandbox.ToBe(_sandbox.NewPath());
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            SqlLoad.LoadAsync(
                file,
                null,
                _ => throw new HoldfastException(ErrorCatalog.Truncated, "The archive ends."),
                new Dictionary<string, string>(),
                TestContext.Current.CancellationToken
            )
        );
        Assert.Equal(ErrorCatalog.Truncated, failure.Error);
    }
}
