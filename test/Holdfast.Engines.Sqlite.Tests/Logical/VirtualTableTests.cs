using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

public sealed class VirtualTableTests : IDisposable
{
    private const string Fill = "WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM n WHERE x<2000)";
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData(
        "fts5",
        "CREATE VIRTUAL TABLE f USING fts5(title, body, tokenize='porter unicode61', prefix='2 3'); INSERT INTO f "
            + Fill
            + " SELECT 'title '||x, 'some running words number '||(x%97) FROM n; DELETE FROM f WHERE rowid%7=0; INSERT INTO "
            + "f(f, rank) VALUES('rank','bm25(10.0,5.0)')",
        "SELECT rowid FROM f WHERE f MATCH 'run number' ORDER BY rank, rowid"
    )]
    [InlineData(
        "fts5, external content",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, a, b); CREATE VIRTUAL TABLE f USING fts5(a, b, content='c', "
            + "content_rowid='id'); CREATE TRIGGER ai AFTER INSERT ON c BEGIN INSERT INTO f(rowid,a,b) VALUES(new.id,new.a,new.b); "
            + "END; INSERT INTO c "
            + Fill
            + " SELECT x,'word'||(x%50),'other' FROM n",
        "SELECT rowid, a FROM f WHERE f MATCH 'word7'"
    )]
    [InlineData(
        "fts5, contentless",
        "CREATE VIRTUAL TABLE f USING fts5(a, content='', columnsize=0, detail=column); INSERT INTO f(rowid,a) VALUES(1,'one "
            + "two'),(9,'two three')",
        "SELECT rowid FROM f WHERE f MATCH 'two'"
    )]
    [InlineData(
        "fts4",
        "CREATE VIRTUAL TABLE f USING fts4(a, b, tokenize=porter, order=desc); INSERT INTO f "
            + Fill
            + " SELECT 'title '||x, 'running words '||(x%97) FROM n; INSERT INTO f(f) VALUES('optimize')",
        "SELECT docid FROM f WHERE f MATCH 'run'"
    )]
    [InlineData(
        "fts4, external content",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, a); INSERT INTO c VALUES(1,'one'),(2,'two'); CREATE VIRTUAL TABLE f USING "
            + "fts4(content='c', a); INSERT INTO f(f) VALUES('rebuild')",
        "SELECT docid, a FROM f WHERE f MATCH 'two'"
    )]
    [InlineData(
        "fts3",
        "CREATE VIRTUAL TABLE f USING fts3(a); INSERT INTO f VALUES('one two'),('two three'); INSERT INTO f(f) VALUES('automerge=4')",
        "SELECT docid FROM f WHERE f MATCH 'two'"
    )]
    [InlineData(
        "rtree",
        "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1, +name TEXT); INSERT INTO r "
            + Fill
            + " SELECT x, x, x+1.5, -x, x*2.0, 'n'||x FROM n; DELETE FROM r WHERE id%3=0",
        "SELECT id, name FROM r WHERE x0 > 100 AND y1 < 300 ORDER BY id"
    )]
    [InlineData(
        "rtree_i32",
        "CREATE VIRTUAL TABLE r USING rtree_i32(id, a, b); INSERT INTO r VALUES(1,2,3),(5,-7,9)",
        "SELECT * FROM r ORDER BY id"
    )]
    [InlineData(
        "fts5vocab",
        "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES('one two'),('two'); CREATE VIRTUAL TABLE v USING fts5vocab(f, 'row')",
        "SELECT * FROM v"
    )]
    [InlineData(
        "odd names",
        "CREATE VIRTUAL TABLE \"my 'f\"\" t\" USING fts5(\"a b\", c); INSERT INTO \"my 'f\"\" t\" VALUES('one','two')",
        "SELECT rowid FROM \"my 'f\"\" t\" WHERE \"my 'f\"\" t\" MATCH 'two'"
    )]
    public async Task A_virtual_table_is_restored_with_its_index(string what, string sql, string query)
    {
        Assert.NotEmpty(what);
        var path = _sandbox.Create(sql);
        var (script, facts) = await Sandbox.DumpAsync(path);
        await _sandbox.RoundTripAsync(path);
        var loaded = await _sandbox.LoadAsync(script, facts);
        using var left = Sandbox.Open(path);
        using var right = Sandbox.Open(loaded);
        var expected = DatabaseComparer.Rows(left, query).ToList();
        Assert.NotEmpty(expected);
        Assert.Equal(expected, DatabaseComparer.Rows(right, query));
        if (sql.Contains("fts5("))
        {
            Check(right);
        }
    }

    [Fact]
    public async Task Geopoly_is_restored() =>
        await _sandbox.RoundTripAsync(
            _sandbox.Create(
                "CREATE VIRTUAL TABLE g USING geopoly(a, b); INSERT INTO g(_shape, a) VALUES('[[0,0],[1,0],[0.5,1],[0,0]]', "
                    + "'x'), ('[[5,5],[6,5],[5.5,6],[5,5]]', 'y')"
            ),
            withProgram: false
        );

    [Fact]
    public async Task A_table_that_only_looks_like_a_shadow_table_is_restored() =>
        await _sandbox.RoundTripAsync(
            _sandbox.Create(
                "CREATE VIRTUAL TABLE f USING fts5(a, content=''); CREATE TABLE f_content(x, y); INSERT INTO f_content "
                    + "VALUES(1,2); INSERT INTO f(rowid,a) VALUES(1,'x')"
            )
        );

    [Theory]
    [InlineData("CREATE VIRTUAL TABLE d USING fts3tokenize(simple)", "fts3tokenize")]
    [InlineData(
        "CREATE TABLE t(a); PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES('table','s','s',0,'CREATE VIRTUAL "
            + "TABLE s USING spellfix1')",
        "spellfix1"
    )]
    [InlineData(
        "CREATE TABLE t(a); INSERT INTO t VALUES(1); PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE TABLE "
            + "t(a PRIMARY KEY COLLATE german) WITHOUT ROWID'",
        "german"
    )]
    [InlineData(
        "CREATE TABLE t(a); CREATE INDEX i ON t(a); PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX i "
            + "ON t(mine(a))' WHERE name='i'",
        "mine"
    )]
    public async Task Virtual_tables_that_no_script_can_contain_are_reported_by_the_backup(string sql, string name)
    {
        var path = _sandbox.Create(sql);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Sandbox.DumpAsync(path));
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);
        if (name != "spellfix1")
        {
            Assert.Contains(name, failure.Message);
        }
        Assert.Contains("snapshot", failure.Hint);
    }

    private static void Check(SqliteConnection connection)
    {
        using var tables = connection.Prepare(
            "SELECT name FROM sqlite_schema WHERE sql LIKE '%USING fts5(%' AND sql NOT LIKE '%content=''''%'"
        );
        while (tables.Step())
        {
            var name = $"\"{tables.GetText(0)!.Replace("\"", "\"\"")}\"";
            connection.Execute($"INSERT INTO {name}({name}) VALUES('integrity-check')");
        }
    }
}
