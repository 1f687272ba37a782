using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Loading;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

/// <summary>
/// Databases that a script could not restore unchanged: reported when they are backed up, not when they are needed.
/// </summary>
public sealed class NotScriptableTests : IDisposable
{
    private const string Edit = "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET ";
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData(
        "unique index",
        "CREATE TABLE t(a,b); INSERT INTO t VALUES(1,1),(1,2),(2,3); CREATE INDEX i ON t(a);"
            + Edit
            + "sql='CREATE UNIQUE INDEX i ON t(a)' WHERE name='i'"
    )]
    [InlineData(
        "unique index",
        "CREATE TABLE t(a,b); INSERT INTO t VALUES(1,1),(1,2),(2,3); CREATE INDEX i ON t(a) WHERE b < 3;"
            + Edit
            + "sql='CREATE UNIQUE INDEX i ON t(a) WHERE b < 3' WHERE name='i'"
    )]
    [InlineData(
        "does not contain all rows",
        "CREATE TABLE t(a,b); INSERT INTO t VALUES(1,1),(2,2),(2,1); CREATE INDEX i ON t(a) WHERE b > 1;"
            + Edit
            + "sql='CREATE UNIQUE INDEX i ON t(a)' WHERE name='i'"
    )]
    [InlineData(
        "\"b\" would convert or reject: NULL",
        "CREATE TABLE t(id INTEGER PRIMARY KEY,b); INSERT INTO t VALUES(1,NULL);"
            + Edit
            + "sql='CREATE TABLE t(id INTEGER PRIMARY KEY,b NOT NULL)' WHERE name='t'"
    )]
    [InlineData(
        "become a number",
        "CREATE TABLE u(id INTEGER PRIMARY KEY, zip TEXT); INSERT INTO u VALUES(1,'01234');"
            + Edit
            + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, zip INTEGER)' WHERE name='u'"
    )]
    [InlineData(
        "become a number",
        "CREATE TABLE u(id INTEGER PRIMARY KEY, note BLOB); INSERT INTO u VALUES(1,'7'||char(0)||' important');"
            + Edit
            + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, note STRING)' WHERE name='u'"
    )]
    [InlineData(
        "become an integer",
        "CREATE TABLE u(id INTEGER PRIMARY KEY, n); INSERT INTO u VALUES(1,7.0);"
            + Edit
            + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, n INT)' WHERE name='u'"
    )]
    [InlineData(
        "become text",
        "CREATE TABLE u(id INTEGER PRIMARY KEY, n); INSERT INTO u VALUES(1,7);"
            + Edit
            + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, n TEXT)' WHERE name='u'"
    )]
    [InlineData(
        "lose its sign",
        "CREATE TABLE u(id INTEGER PRIMARY KEY, n BLOB); INSERT INTO u VALUES(1,-0.0);"
            + Edit
            + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, n REAL)' WHERE name='u'"
    )]
    [InlineData(
        "\"sqlite_user\"",
        "CREATE TABLE x(a); INSERT INTO x VALUES(42);"
            + Edit
            + "name='sqlite_user',tbl_name='sqlite_user',sql='CREATE TABLE sqlite_user(a)' WHERE name='x'"
    )]
    public async Task Contents_that_no_script_can_restore_are_reported_by_the_backup(string what, string sql)
    {
        var path = _sandbox.Create(sql);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(path));
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);
        Assert.Contains(what, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UTF16_text_that_ends_with_half_a_character_is_reported_by_the_backup()
    {
        var path = _sandbox.Create("PRAGMA encoding='UTF-16le'; CREATE TABLE t(a); INSERT INTO t VALUES(x'6100ab')");
        var file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        // the header of a record, and a blob of three bytes
        var at = file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[2, 18, 0x61, 0, 0xab]);
        file[at + 1] = 19; // which is now text
        await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(path));
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);
        Assert.Contains("half a character", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create table t(a, b text)")]
    [InlineData("Create Table t(a, b /* x */ text)")]
    public async Task A_schema_edited_by_hand_is_restored_as_SQLite_writes_it(string definition)
    {
        var path = _sandbox.Create($"CREATE TABLE t(a, b); INSERT INTO t VALUES(1,'2'); {Edit} sql='{definition}' WHERE name='t'");
        var (script, facts) = await Sandbox.DumpAsync(path);
        using var loaded = Sandbox.Open(await _sandbox.LoadAsync(script, facts));
        Assert.Equal("CREATE TABLE" + definition[12..], loaded.QueryText("SELECT sql FROM sqlite_schema"));
        Assert.Equal("2", loaded.QueryText("SELECT b FROM t WHERE a = 1"));
    }

    [Fact]
    public void Views_that_expand_exponentially_are_reported_by_the_backup()
    {
        using var connection = Sandbox.Open(_sandbox.Create(HostileScriptTests.Doubling));
        var failure = Assert.Throws<HoldfastException>(() =>
            DumpPlan.Create(
                connection,
                new LoadLimits { BaseTime = TimeSpan.FromMilliseconds(300), PollInterval = TimeSpan.FromMilliseconds(20) },
                TestContext.Current.CancellationToken
            )
        );
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);
        Assert.Contains("a schema whose analysis exceeds the time limit", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_far_larger_than_its_script_is_reported_by_the_backup()
    {
        var path = _sandbox.Create(
            "CREATE TABLE t(a, b AS (printf('%.*c', 1000000, a)) STORED); INSERT INTO t WITH RECURSIVE n(x) AS (VALUES(1) "
                + "UNION ALL SELECT x+1 FROM n WHERE x < 80) SELECT x FROM n"
        );
        Assert.Equal(ErrorCatalog.SourceNotScriptable, (await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(path))).Error);
    }

    [Theory]
    [InlineData("CREATE TABLE t(a, b AS (printf('%.*c', 3000000, a)) STORED); INSERT INTO t VALUES('x')")]
    [InlineData("CREATE TABLE t(a, b AS (printf('%.*c', 3000000, a))); INSERT INTO t VALUES('x'); CREATE INDEX i ON t(b)")]
    [InlineData("CREATE TABLE t(a, b AS (printf('%.*c', 3000000, a)) NOT NULL); INSERT INTO t VALUES('x')")]
    [InlineData("CREATE TABLE t(a); INSERT INTO t VALUES('x'); CREATE INDEX i ON t(printf('%.*c', 3000000, a))")]
    [InlineData("CREATE TABLE t(a); INSERT INTO t VALUES('x'); CREATE INDEX i ON t(length(printf('%.*c', 3000000, a)))")]
    [InlineData("CREATE TABLE t(a); INSERT INTO t VALUES('x'); CREATE INDEX i ON t(a) WHERE length(printf('%.*c', 3000000, a)) > 1")]
    [InlineData("CREATE TABLE t(a, b); INSERT INTO t VALUES('x', printf('%.*c', 20000, '%')); CREATE INDEX i ON t(a) WHERE a LIKE b")]
    [InlineData("CREATE TABLE t(a PRIMARY KEY, b AS (printf('%.*c', 3000000, a)) STORED) WITHOUT ROWID; INSERT INTO t VALUES('x')")]
    [InlineData("PRAGMA encoding='UTF-16'; CREATE TABLE t(a, b AS (printf('%.*c', 600000, a)) STORED); INSERT INTO t VALUES('x')")]
    public async Task A_row_whose_generated_values_exceed_the_limits_of_a_restore_is_reported_by_the_backup(string sql)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(_sandbox.Create(sql)));
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);
        Assert.Contains("table \"t\"", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TABLE t(a, b AS (printf('%.*c', 1000000, a)) STORED); INSERT INTO t VALUES('x')")]
    [InlineData("CREATE TABLE t(a, b AS (a || a || a) STORED UNIQUE); INSERT INTO t VALUES(printf('%.*c', 3000000, 'x')), (NULL), (NULL)")]
    [InlineData(
        "CREATE TABLE s(a); INSERT INTO s VALUES(7); CREATE INDEX j ON s(abs(a)); CREATE TABLE t(a, b AS (a || a)); INSERT "
            + "INTO t VALUES('x'), (x'00ff'), (7), (1.5); CREATE UNIQUE INDEX i ON t(lower(a), b) WHERE b > ''"
    )]
    [InlineData("PRAGMA encoding='UTF-16'; CREATE TABLE t(a, b AS (printf('%.*c', 500000, a)) STORED); INSERT INTO t VALUES('ä')")]
    [InlineData(
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b AS (a + 1) STORED); INSERT INTO t(a) VALUES(1), (2); "
            + "DELETE FROM t WHERE id = 2"
    )]
    [InlineData("CREATE TABLE t(a CHECK(a > 0), b AS (a * 2)); PRAGMA ignore_check_constraints=ON; INSERT INTO t VALUES(-1)")]
    public async Task Generated_values_are_restored(string sql) => await _sandbox.RoundTripAsync(_sandbox.Create(sql));

    [Theory]
    [InlineData("CREATE INDEX likes_user ON t(user_id)", false)]
    [InlineData("CREATE INDEX i ON t(\"amount (EUR)\", user_id COLLATE NOCASE DESC)", false)]
    [InlineData("CREATE INDEX likes_user ON t(user_id) WHERE user_id > 0", true)]
    [InlineData("CREATE INDEX i ON t(user_id) WHERE user_id LIKE \"amount (EUR)\"", true)]
    [InlineData("CREATE INDEX i ON t(user_id, user_id || user_id)", true)]
    [InlineData("CREATE INDEX i ON t(lower(user_id))", true)]
    [InlineData("ALTER TABLE t ADD COLUMN b AS (user_id || 1)", true)]
    public void Only_tables_with_computed_values_get_a_dry_run(string sql, bool areTried)
    {
        using var connection = Sandbox.Open(
            _sandbox.Create($"CREATE TABLE t(user_id, \"amount (EUR)\"); INSERT INTO t VALUES(1, 2); {sql}")
        );
        using var plan = DumpPlan.Create(connection, DumpPlan.SchemaLimits, TestContext.Current.CancellationToken);
        Assert.Equal(areTried ? ["t"] : [], plan.RowDryRun.Tables);
    }

    [Theory]
    [InlineData("UPDATE t SET id = 5001 WHERE id = 5000")] // the last row generates far too much
    [InlineData(
        "CREATE TABLE u(a); INSERT INTO u VALUES(1),(1); CREATE INDEX i ON u(a);"
            + Edit
            + "sql='CREATE UNIQUE INDEX i ON u(a)' WHERE name='i'"
    )]
    public async Task Rows_and_keys_are_checked_table_by_table_so_that_a_long_backup_shows_progress(string sql)
    {
        var path = _sandbox.Create(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b AS (iif(id > 5000, printf('%.*c', 30000000, a), 1)) NOT NULL); "
                + "INSERT INTO t(a) WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n WHERE x < 5000) SELECT "
                + $"printf('%.*c', 1000, 'x') FROM n; {sql}"
        );
        using var connection = Sandbox.Open(path);
        connection.Execute("BEGIN");
        using var script = new MemoryStream();
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            SqlDump.WriteAsync(connection, System.IO.Pipelines.PipeWriter.Create(script), TestContext.Current.CancellationToken)
        );
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);
        Assert.True(script.Length > 4_000_000, "nothing was written before");
    }

    [Fact]
    public async Task Rows_whose_generated_values_take_too_long_are_reported()
    {
        var path = _sandbox.Create(
            "CREATE TABLE t(a, b AS (1) NOT NULL); "
                + "INSERT INTO t(a) WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n WHERE x < 10000) SELECT x FROM n; "
                + $"{Edit}sql=replace(sql, '(1)', '(instr(printf(''%.*c'', 60000, ''a''), printf(''%.*c'', 30000, ''a'') || "
                + "''b''))') WHERE name='t'"
        );
        var limits = new LoadLimits
        {
            BaseTime = TimeSpan.FromMilliseconds(300),
            TimePerMiB = TimeSpan.Zero,
            PollInterval = TimeSpan.FromMilliseconds(20),
            TimeProvider = new TimeOfRows(),
        };
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(path, limits: limits));
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);
        Assert.Contains("values generated for its rows exceed the time limit", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_of_shadow_tables_replace_those_that_the_module_creates()
    {
        var script = await _sandbox.RoundTripAsync(
            _sandbox.Create(
                "CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES('apples and pears'); CREATE INDEX i ON f_data(length(block))"
            ),
            withProgram: false
        );
        Assert.Contains("DELETE FROM \"f_data\"", script, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-29")]
    [InlineData("12 monkeys")]
    [InlineData("1e")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("0x10")]
    public async Task Text_in_a_numeric_column_is_restored_as_text(string text) =>
        await _sandbox.RoundTripAsync(
            _sandbox.Create($"CREATE TABLE t(a DATE, b REAL, c INT); INSERT INTO t VALUES('{text}','{text}','{text}')")
        );

    // Time stands still while the schema is analysed, however busy the machine is. After that each poll takes a second.
    private sealed class TimeOfRows : TimeProvider
    {
        private int _timers;
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Volatile.Read(ref _timers) < 2 ? 0 : Interlocked.Increment(ref _seconds);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _timers); // the first is that of the schema
            return System.CreateTimer(callback, state, dueTime, period);
        }
    }
}
