using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Logical.Parsing;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

[Collection(nameof(Alone))]
public sealed class HostileScriptTests : IDisposable
{
    private const string Head =
        "PRAGMA foreign_keys=OFF;\nPRAGMA encoding='UTF-8';\nPRAGMA page_size=4096;\nBEGIN;\nCREATE TABLE t(a,b);\nINSERT "
        + "INTO \"t\" VALUES\n(1,2);\n";
    private const string Tail = "\nCOMMIT;\nPRAGMA journal_mode=delete;\n";
    internal static readonly string Doubling =
        "CREATE VIEW v0 AS SELECT 1 AS a;\n"
        + string.Concat(Enumerable.Range(1, 100).Select(i => $"CREATE VIEW v{i} AS SELECT x.a FROM v{i - 1} x, v{i - 1} y;\n"));

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_long_row_can_be_read_while_the_memory_of_a_load_is_limited()
    {
        var path = _sandbox.Create("CREATE TABLE t(a, b); INSERT INTO t VALUES(zeroblob(20000000), zeroblob(20000000))");
        using var heap = new HeapLimit(new LoadLimits { BaseHeap = 10_000_000 });
        heap.Begin(0);
        var (script, _) = await Sandbox.DumpAsync(path);
        Assert.True(script.Length > 80_000_000);
        using var other = Sandbox.Open(path); // nothing is left beside the dump
        Assert.Throws<HoldfastException>(() => other.QueryText("SELECT a || b FROM t"));
    }

    [Fact]
    public async Task The_base_script_of_these_tests_loads() => await _sandbox.LoadAsync(Encoding.UTF8.GetBytes(Head + Tail));

    [Theory]
    [InlineData("ATTACH '/tmp/other.db' AS o;")]
    [InlineData("DETACH main;")]
    [InlineData("VACUUM;")]
    [InlineData("VACUUM INTO '/tmp/other.db';")]
    [InlineData("SELECT 1;")]
    [InlineData("SELECT load_extension('x');")]
    [InlineData("WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n) SELECT count(*) FROM n;")]
    [InlineData("VALUES(1);")]
    [InlineData("EXPLAIN SELECT 1;")]
    [InlineData("UPDATE t SET a=2;")]
    [InlineData("UPDATE sqlite_schema SET sql='x';")]
    [InlineData("REPLACE INTO t VALUES(1,2);")]
    [InlineData("REINDEX;")]
    [InlineData("ANALYZE;")]
    [InlineData("SAVEPOINT x;")]
    [InlineData("ROLLBACK;")]
    [InlineData("ALTER TABLE t ADD COLUMN c;")]
    [InlineData("DROP TABLE t;")]
    [InlineData("DELETE FROM t WHERE a=1;")]
    [InlineData("PRAGMA writable_schema=ON;")]
    [InlineData("PRAGMA trusted_schema=ON;")]
    [InlineData("PRAGMA journal_mode=WAL;")]
    [InlineData("PRAGMA temp_store_directory='/tmp';")]
    [InlineData("PRAGMA page_size=4096.0;")]
    [InlineData("PRAGMA page_size=1000;")]
    [InlineData("PRAGMA auto_vacuum=3;")]
    [InlineData("PRAGMA user_version=0x10;")]
    [InlineData("PRAGMA mmap_size=99999999999;")]
    [InlineData("PRAGMA encoding='utf8';")]
    [InlineData("PRAGMA rekey='x';")]
    [InlineData("CREATE TABLE u AS SELECT randomblob(1000) FROM t;")]
    [InlineData("CREATE TABLE u AS WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n) SELECT x FROM n;")]
    [InlineData("CREATE TABLE temp.u(a);")]
    [InlineData("CREATE TEMP TABLE u(a);")]
    [InlineData("CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;")]
    [InlineData("CREATE TEMPORARY VIEW v AS SELECT 1;")]
    [InlineData("CREATE VIEW temp.v AS SELECT 1;")]
    [InlineData("CREATE TRIGGER temp.r AFTER INSERT ON t BEGIN SELECT 1; END;")]
    [InlineData("CREATE VIRTUAL TABLE x USING dbstat;")]
    [InlineData("CREATE VIRTUAL TABLE x USING fts3tokenize(simple);")]
    [InlineData("CREATE VIRTUAL TABLE temp.x USING fts5(a);")]
    [InlineData("CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd');")]
    [InlineData("CREATE VIRTUAL TABLE x USING fts5(a);\nINSERT INTO \"x\"(\"x\") VALUES\n('rebuild');")]
    [InlineData("CREATE VIRTUAL TABLE x USING fts5(a);\nDELETE FROM \"x\";")]
    [InlineData("CREATE INDEX i ON t(load_extension(a));")]
    [InlineData("CREATE TABLE u(a, b AS (zeroblob(1000000000)) STORED);\nINSERT INTO \"u\" VALUES\n(1);")]
    [InlineData("INSERT INTO t SELECT a, b FROM t;")]
    [InlineData("INSERT INTO \"t\" SELECT 1, 2;")]
    [InlineData("INSERT INTO \"t\" DEFAULT VALUES;")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,(SELECT 2));")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,zeroblob(1000000000));")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,randomblob(9));")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2) ON CONFLICT DO NOTHING;")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2) RETURNING a;")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2)/* */;")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,1+1);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,+1);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,1e5e5);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,9223372036854775808);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,x'0');")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,x'0g');")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,'a'||'b');")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,replace('a',char(13),char(13)));")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,\"b\");")]
    [InlineData("INSERT INTO \"t\" VALUES\n(?1,2);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2,3);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2),\n(3);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2),\n(3,4,5);")]
    [InlineData("INSERT OR IGNORE INTO \"t\" VALUES\n(1,2);")]
    [InlineData("INSERT INTO \"sqlite_schema\" VALUES\n('table','x','x',2,'CREATE TABLE x(a)');")]
    [InlineData("INSERT INTO \"sqlite_master\"(\"type\") VALUES\n('x');")]
    [InlineData("/* */ CREATE TABLE u(a);")]
    [InlineData("\0;")]
    [InlineData(".shell id\n;")]
    public async Task Any_statement_that_no_backup_contains_is_refused(string statement)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _sandbox.LoadAsync(Encoding.UTF8.GetBytes(Head + statement + Tail))
        );
        Assert.Equal(ErrorCatalog.Refused, failure.Error);
        Assert.Contains("Statement ", failure.Message);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Theory]
    [InlineData("CREATE TABLE t(x);")]
    [InlineData("CREATE TABLE u(;")]
    [InlineData("CREATE INDEX i ON nowhere(a);")]
    [InlineData("CREATE INDEX i ON t(a COLLATE german);")]
    [InlineData("INSERT INTO \"nowhere\" VALUES\n(1);")]
    [InlineData("CREATE VIEW w AS SELECT $a(';'); ATTACH 'x' AS ');';")]
    [InlineData("DELETE FROM \"sqlite_schema\";")]
    [InlineData("CREATE TABLE u(a);\nINSERT INTO \"u\" VALUES\n(1,2,3);")]
    [InlineData("INSERT INTO \"t\"(\"absent\") VALUES\n(1);")]
    [InlineData("CREATE TABLE u(a NOT NULL);\nINSERT INTO \"u\" VALUES\n(NULL);")]
    [InlineData("BEGIN;")]
    public async Task A_failing_statement_is_reported_with_its_offset(string statement)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _sandbox.LoadAsync(Encoding.UTF8.GetBytes(Head + statement + Tail))
        );
        Assert.Equal(ErrorCatalog.Corrupt, failure.Error);
        Assert.Contains("at offset ", failure.Message);
    }

    [Fact]
    public async Task A_refusal_names_statement_offset_and_reason_without_control_characters()
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _sandbox.LoadAsync(Encoding.UTF8.GetBytes(Head + "ATTACH '\u001b[31m" + new string('x', 200) + "' AS o;" + Tail))
        );
        Assert.StartsWith(
            "Statement 7 of the script, at offset 131, is refused: a statement of a kind that no backup contains. It begins: "
                + "ATTACH '\\u001B[31mxxx",
            failure.Message
        );
        Assert.True(failure.Message.Length < 220);
    }

    [Theory]
    [InlineData("ATTACH '/tmp/other.db' AS o;")]
    [InlineData("PRAGMA writable_schema=ON;")]
    [InlineData("PRAGMA page_size=1000;")]
    [InlineData("INSERT INTO t SELECT a, b FROM t;")]
    [InlineData("INSERT INTO \"t\" SELECT 1, 2;")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,randomblob(9));")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2),\n(3);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2,3);")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2)/* */;")]
    [InlineData("INSERT INTO \"t\" VALUES\n(1,2) (3,4);")]
    [InlineData("PRAGMA journal_mode=delete;\nBEGIN;")]
    [InlineData("BEG")]
    [InlineData("CREATE TABLE u(a);\nINSERT INTO \"u\"(\"a\") VALUES\n(1,2")]
    public async Task A_verification_refuses_what_a_restore_refuses_with_the_same_message(string statement)
    {
        var script = Encoding.UTF8.GetBytes(Head + statement + (statement[^1] == ';' ? Tail : ""));
        var restored = await Assert.ThrowsAsync<HoldfastException>(() => _sandbox.LoadAsync(script));
        foreach (var chunk in (int[])[1, 70_001])
        {
            var verified = Assert.Throws<HoldfastException>(() => Sandbox.Check(script, chunk));
            Assert.Equal((restored.Error, restored.Message, restored.Hint), (verified.Error, verified.Message, verified.Hint));
            verified = Assert.Throws<HoldfastException>(() => Sandbox.CheckByMarks(script, Math.Max(chunk, 7)));
            Assert.Equal((restored.Error, restored.Message, restored.Hint), (verified.Error, verified.Message, verified.Hint));
        }
    }

    [Fact]
    public void The_state_of_a_checkpoint_does_not_grow_with_the_script()
    {
        var check = new ScriptCheck();
        check.Process(Encoding.UTF8.GetBytes($"{Head}INSERT INTO \"t\"(\"{new string('c', 1_000_000)}\") VALUES\n(1);\n"));
        Assert.InRange(check.Checkpoint!.State.Length, 1, 200);
        var other = new ScriptCheck();
        other.ResumeAt(check.Checkpoint);
        Assert.Throws<HoldfastException>(() =>
            other.Process(Encoding.UTF8.GetBytes($"INSERT INTO \"t\"(\"{new string('c', 1_000_000)}\") VALUES\n(1,2);\n"))
        );
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(200, false)]
    public void A_verification_neither_buffers_nor_refuses_a_statement_that_is_too_long_to_check(int megabytes, bool isChecked)
    {
        var check = new ScriptCheck();
        var piece = new byte[1024 * 1024];
        piece.AsSpan().Fill((byte)'x');
        var before = GC.GetAllocatedBytesForCurrentThread();
        check.Process(Encoding.UTF8.GetBytes(Head + "INSERT INTO \"t\" VALUES\n(1,'"));
        for (var i = 0; i < megabytes; i++)
        {
            check.Process(piece);
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5L * ScriptCheck.MaxStatementBytes);
        var failure = Record.Exception(() => check.Process("');\nSELECT 1;\n"u8));
        if (!isChecked)
        {
            check.Complete();
        }
        Assert.Equal(isChecked, failure is HoldfastException);
    }

    [Fact]
    public void A_verification_reports_a_refusal_before_a_statement_that_is_too_long_to_check() =>
        Assert.Throws<HoldfastException>(() =>
            new ScriptCheck().Process(Encoding.UTF8.GetBytes(Head + "SELECT 1;\nINSERT INTO \"t\" VALUES\n(1,'"))
        );

    [Fact]
    public async Task Triggers_do_not_run_while_loading()
    {
        var path = await _sandbox.LoadAsync(
            Encoding.UTF8.GetBytes(
                Head + "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t VALUES(9,9); END;\nINSERT INTO \"t\" VALUES\n(3,4);" + Tail
            )
        );
        using var connection = Sandbox.Open(path);
        Assert.Equal(2, connection.QueryInt64("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task A_script_cannot_create_a_much_larger_database_than_the_original()
    {
        var script = new StringBuilder(Head);
        script.Append("CREATE TABLE big(a, b AS (printf('%.*c', 1000000, 'x')) STORED);\n");
        for (var i = 0; i < 200; i++)
        {
            script.Append("INSERT INTO \"big\" VALUES\n(1);\n");
        }
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _sandbox.LoadAsync(Encoding.UTF8.GetBytes(script + Tail), new Dictionary<string, string> { ["bytes"] = "8192" })
        );
        Assert.Equal(ErrorCatalog.Refused, failure.Error);
        Assert.Contains("more data", failure.Message);
    }

    [Fact]
    public async Task A_short_script_creates_no_large_database_whatever_size_it_claims()
    {
        var script = new StringBuilder(Head);
        script.Append("CREATE TABLE big(a, b AS (printf('%.*c', 1000000, 'x')) STORED);\n");
        for (var i = 0; i < 60; i++)
        {
            script.Append("INSERT INTO \"big\" VALUES\n(1);\n");
        }
        var failure = await RefusedAsync(
            script + Tail,
            new() { BaseBytes = 1 << 20 },
            new Dictionary<string, string> { ["bytes"] = "1000000000000" }
        );
        Assert.Contains("more data", failure.Message);
    }

    [Theory]
    [InlineData("CREATE INDEX i ON t(printf('%.*c', 900000000, a));")]
    [InlineData(
        "CREATE INDEX i ON "
            + "t(replace(replace(replace(replace(replace(replace(replace(replace(a,'1','22222222'),'2','33333333'),'3','44444444'),"
            + "'4','55555555'),'5','66666666'),'6','77777777'),'7','88888888'),'8','99999999'));"
    )]
    [InlineData("CREATE TABLE u(a, b DEFAULT (printf('%.*c', 900000000, 'x')));\nINSERT INTO \"u\"(\"a\") VALUES\n(1);")]
    [InlineData("CREATE TABLE u(a, b DEFAULT (zeroblob(900000000)));\nINSERT INTO \"u\"(\"a\") VALUES\n(1);")]
    [InlineData("CREATE TABLE u(a, b AS (printf('%.*c', 900000000, a)) STORED);\nINSERT INTO \"u\" VALUES\n(1);")]
    [InlineData("CREATE TABLE u(a CHECK (length(printf('%.*c', 900000000, a)) > 0));\nINSERT INTO \"u\" VALUES\n(1);")]
    public async Task A_generated_value_far_longer_than_the_script_is_refused_before_it_allocates_memory(string statements)
    {
        var failure = await RefusedAsync(Head + statements + Tail);
        Assert.Matches("a value that is longer than the values in the script|function zeroblob", failure.Message);
    }

    [Fact]
    public async Task A_row_of_many_long_values_is_refused_before_it_exhausts_memory()
    {
        var columns = string.Join(", ", Enumerable.Range(0, 1000).Select(i => $"c{i} AS (printf('%.*c', 1000000, a)) STORED"));
        var failure = await RefusedAsync(
            $"{Head}CREATE TABLE u(a, {columns});\nINSERT INTO \"u\" VALUES\n(1);{Tail}",
            new() { BaseHeap = 64 << 20 }
        );
        Assert.Contains("of memory", failure.Message);
    }

    [Fact]
    public async Task A_database_with_such_rows_is_reported_by_its_backup()
    {
        var columns = string.Join(", ", Enumerable.Range(0, 40).Select(i => $"c{i} AS (printf('%.*c', 1000000, a)) NOT NULL"));
        var path = _sandbox.Create($"CREATE TABLE u(a, {columns}); INSERT INTO u VALUES(1)");
        var limits = new LoadLimits { BaseHeap = 16 << 20 };
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(path, limits: limits));
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);
        Assert.Contains("of memory", failure.Message);
    }

    [Fact]
    public async Task Views_that_expand_exponentially_are_interrupted()
    {
        var failure = await RefusedAsync(
            $"{Head}{Doubling}{Tail}",
            new() { BaseTime = TimeSpan.FromMilliseconds(300), PollInterval = TimeSpan.FromMilliseconds(20) }
        );
        Assert.Contains("exceeds the time limit for a script of this length", failure.Message);
    }

    [Fact]
    public async Task An_index_that_takes_forever_is_interrupted()
    {
        var rows = string.Join(",\n", Enumerable.Range(0, 200).Select(i => $"('{new string('a', 30_000)}{i}')"));
        var script =
            $"{Head}CREATE TABLE u(a);\nINSERT INTO \"u\" VALUES\n{rows};\nCREATE INDEX i ON u(instr(a,substr(a,1,15000)||'b'));{Tail}";
        var failure = await RefusedAsync(
            script,
            new()
            {
                BaseTime = TimeSpan.FromMilliseconds(300),
                TimePerMiB = TimeSpan.Zero,
                PollInterval = TimeSpan.FromMilliseconds(20),
            }
        );
        Assert.Contains("exceeds the time limit for a script of this length", failure.Message);
    }

    [Fact]
    public async Task Many_short_statements_that_together_take_forever_are_interrupted()
    {
        var inserts = string.Concat(Enumerable.Range(0, 30).Select(i => $"INSERT INTO \"u\" VALUES\n({i});\n"));
        var limits = new LoadLimits
        {
            BaseTime = TimeSpan.FromSeconds(10),
            TimePerMiB = TimeSpan.Zero,
            TimeProvider = new SecondByLook(),
        };
        var failure = await RefusedAsync($"{Head}CREATE TABLE u(a);\n{inserts}{Tail}", limits);
        Assert.Contains("exceeds the time limit for a script of this length", failure.Message);
    }

    [Fact]
    public async Task An_endless_statement_is_refused_before_it_exhausts_memory()
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _sandbox.LoadAsync(Encoding.UTF8.GetBytes(Head + "CREATE TABLE u(a DEFAULT '" + new string('x', 20_000_000) + "');" + Tail))
        );
        Assert.Equal(ErrorCatalog.Refused, failure.Error);
    }

    private async Task<HoldfastException> RefusedAsync(string script, LoadLimits? limits = null, Dictionary<string, string>? facts = null)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            _sandbox.LoadAsync(Encoding.UTF8.GetBytes(script), facts, limits: limits)
        );
        Assert.Equal(ErrorCatalog.Refused, failure.Error);
        return failure;
    }

    // Each poll takes a second, and so does each statement.
    private sealed class SecondByLook : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _seconds);
    }
}
