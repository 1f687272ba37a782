using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

/// <summary>Databases that would not come back equal of a script: told when they are backed up, not when they are needed.</summary>
public sealed class ImpossibleTests : IDisposable
{
    private const string Edit = "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET ";
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("unique index", "CREATE TABLE t(a,b); INSERT INTO t VALUES(1,1),(1,2),(2,3); CREATE INDEX i ON t(a);" + Edit + "sql='CREATE UNIQUE INDEX i ON t(a)' WHERE name='i'")]
    [InlineData("unique index", "CREATE TABLE t(a,b); INSERT INTO t VALUES(1,1),(1,2),(2,3); CREATE INDEX i ON t(a) WHERE b < 3;" + Edit + "sql='CREATE UNIQUE INDEX i ON t(a) WHERE b < 3' WHERE name='i'")]
    [InlineData("\"b\" would change: NULL", "CREATE TABLE t(id INTEGER PRIMARY KEY,b); INSERT INTO t VALUES(1,NULL);" + Edit + "sql='CREATE TABLE t(id INTEGER PRIMARY KEY,b NOT NULL)' WHERE name='t'")]
    [InlineData("become a number", "CREATE TABLE u(id INTEGER PRIMARY KEY, zip TEXT); INSERT INTO u VALUES(1,'01234');" + Edit + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, zip INTEGER)' WHERE name='u'")]
    [InlineData("become a number", "CREATE TABLE u(id INTEGER PRIMARY KEY, note BLOB); INSERT INTO u VALUES(1,'7'||char(0)||' important');" + Edit + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, note STRING)' WHERE name='u'")]
    [InlineData("become an integer", "CREATE TABLE u(id INTEGER PRIMARY KEY, n); INSERT INTO u VALUES(1,7.0);" + Edit + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, n INT)' WHERE name='u'")]
    [InlineData("become text", "CREATE TABLE u(id INTEGER PRIMARY KEY, n); INSERT INTO u VALUES(1,7);" + Edit + "sql='CREATE TABLE u(id INTEGER PRIMARY KEY, n TEXT)' WHERE name='u'")]
    [InlineData("\"sqlite_user\"", "CREATE TABLE x(a); INSERT INTO x VALUES(42);" + Edit + "name='sqlite_user',tbl_name='sqlite_user',sql='CREATE TABLE sqlite_user(a)' WHERE name='x'")]
    public async Task What_no_script_can_bring_back_is_told_when_it_is_backed_up(string what, string sql)
    {
        var path = _sandbox.Create(sql);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(path));
        Assert.Equal(ErrorCatalogue.SourceNotAsSql, failure.Error);
        Assert.Contains(what, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create table t(a, b text)")]
    [InlineData("Create Table t(a, b /* x */ text)")]
    public async Task Schema_text_that_was_typed_by_hand_comes_back_as_SQLite_writes_it(string definition)
    {
        var path = _sandbox.Create($"CREATE TABLE t(a, b); INSERT INTO t VALUES(1,'2'); {Edit} sql='{definition}' WHERE name='t'");
        var (script, facts) = await Sandbox.DumpAsync(path);
        using var loaded = Sandbox.Open(await _sandbox.LoadAsync(script, facts));
        Assert.Equal("CREATE TABLE" + definition[12..], loaded.QueryText("SELECT sql FROM sqlite_schema"));
        Assert.Equal("2", loaded.QueryText("SELECT b FROM t WHERE a = 1"));
    }

    [Fact]
    public void Views_that_double_with_each_other_are_told_when_they_are_backed_up()
    {
        using var connection = Sandbox.Open(_sandbox.Create(HostileScriptTests.Doubling));
        var failure = Assert.Throws<HoldfastException>(() => DumpPlan.Of(connection, new LoadLimits { FreeTime = TimeSpan.FromMilliseconds(300), Look = TimeSpan.FromMilliseconds(20) }));
        Assert.Equal(ErrorCatalogue.SourceNotAsSql, failure.Error);
        Assert.Contains("longer to work out", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_makes_much_of_little_is_told_when_it_is_backed_up()
    {
        var path = _sandbox.Create("CREATE TABLE t(a, b AS (printf('%.*c', 1000000, a)) STORED); INSERT INTO t WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n WHERE x < 80) SELECT x FROM n");
        Assert.Equal(ErrorCatalogue.SourceNotAsSql, (await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(path))).Error);
    }

    [Theory]
    [InlineData("2026-11-29")]
    [InlineData("12 monkeys")]
    [InlineData("1e")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("0x10")]
    public async Task Texts_that_stay_texts_in_a_numeric_column_come_back(string text) =>
        await _sandbox.RoundTripAsync(_sandbox.Create($"CREATE TABLE t(a DATE, b REAL, c INT); INSERT INTO t VALUES('{text}','{text}','{text}')"));
}
