namespace Holdfast.Engines.Sqlite.Tests.Logical;

public sealed class RoundTripTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("an empty database", "PRAGMA user_version=7; PRAGMA application_id=-5")]
    [InlineData(
        "every storage class",
        "CREATE TABLE t(a, b INT, c REAL, d TEXT, e BLOB, f NUMERIC); INSERT INTO t "
            + "VALUES(NULL,1,1.5,'x',x'00ff',12),(9223372036854775807,-9223372036854775808,-1.0,'','x',''),"
            + "(9e999,-9e999,9e999,9e999,x'',9e999),"
            + "(0.0,0.0,0.0,0.1,-0.0,1e300),(-0.0,-0.0,-0.0,-0.0,zeroblob(3),5e-324),(0.0/0.0,1e999-1e999,NULL,NULL,NULL,1.0)"
    )]
    [InlineData(
        "hidden rowids",
        "CREATE TABLE t(a); INSERT INTO t(rowid,a) VALUES(-9223372036854775808,1),(-1,2),(0,3),(7,4),(9223372036854775807,5)"
    )]
    [InlineData(
        "rowid names that columns take",
        "CREATE TABLE t(rowid, b); INSERT INTO t(_rowid_,rowid,b) VALUES(5,1,2); CREATE TABLE u(ROWID, _rowid_ TEXT); INSERT "
            + "INTO u(oid,rowid,_rowid_) VALUES(9,1,2)"
    )]
    [InlineData("all rowid names taken", "CREATE TABLE t(rowid, _rowid_, oid); INSERT INTO t VALUES(1,2,3),(4,5,6)")]
    [InlineData("rowid as the key's name", "CREATE TABLE t(oid INTEGER PRIMARY KEY, rowid, _rowid_); INSERT INTO t VALUES(10,2,3),(4,5,6)")]
    [InlineData(
        "INTEGER PRIMARY KEY",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES(5,1),(-3,2); CREATE TABLE u(id INTEGER PRIMARY KEY "
            + "DESC, a); INSERT INTO u(rowid,id,a) VALUES(9,1,2); CREATE TABLE v(id INT PRIMARY KEY, a); INSERT INTO v(rowid,id) "
            + "VALUES(3,8); CREATE TABLE w(a, id INTEGER, PRIMARY KEY(id DESC)); INSERT INTO w VALUES(1,2)"
    )]
    [InlineData(
        "WITHOUT ROWID",
        "CREATE TABLE t(a TEXT, b INT, c, PRIMARY KEY(b DESC, a)) WITHOUT ROWID; INSERT INTO t VALUES('x',1,2),('y',1,3),('x',2,4)"
    )]
    [InlineData(
        "STRICT",
        "CREATE TABLE t(a INT, b REAL, c TEXT, d BLOB, e ANY) STRICT; INSERT INTO t VALUES(1,2,'3',x'04','5'),(NULL,2.5,NULL,NULL,1.0)"
    )]
    [InlineData(
        "generated columns",
        "CREATE TABLE t(a, b AS (a*2), c TEXT AS (a||'x') STORED, d); INSERT INTO t VALUES(1,2),(3.5,4); CREATE TABLE u(b "
            + "INT AS (a+1) STORED, a INTEGER PRIMARY KEY); INSERT INTO u(a) VALUES(1),(9)"
    )]
    [InlineData(
        "names of any kind",
        "CREATE TABLE \"select\"(\"from\", \"a\"\"b\", \"\", [x y], `t`, 'q''q', \"ü€😀\"); INSERT INTO \"select\" "
            + "VALUES(1,2,3,4,5,6,7); CREATE TABLE \"\"(\"\"); INSERT INTO \"\" VALUES(1); CREATE TABLE \"a\nb;--c\"(\"x\n)\"); "
            + "INSERT INTO \"a\nb;--c\" VALUES('y'); CREATE INDEX \"i'\"\"x\" ON \"select\"(\"from\" DESC)"
    )]
    [InlineData(
        "indexes",
        "CREATE TABLE t(a TEXT COLLATE NOCASE UNIQUE, b, c); INSERT INTO t VALUES('a',1,2),('b',2,NULL); CREATE INDEX i1 ON "
            + "t(b) WHERE c IS NOT NULL; CREATE INDEX i2 ON t(b+c, lower(a) DESC); CREATE UNIQUE INDEX i3 ON t(a COLLATE RTRIM, b)"
    )]
    [InlineData(
        "views and triggers",
        "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT a, sum(b) FROM t GROUP BY a; CREATE VIEW missing(x) AS SELECT absent "
            + "FROM nowhere; CREATE TRIGGER r AFTER INSERT ON t WHEN new.a > 1 BEGIN UPDATE t SET b = CASE WHEN 1 THEN 2 END; "
            + "SELECT 'END;'; END; CREATE TRIGGER \"end\" INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES(new.a, 1); END; INSERT "
            + "INTO t VALUES(1,2),(2,3)"
    )]
    [InlineData(
        "AUTOINCREMENT",
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t VALUES(100,'x'); DELETE FROM t; INSERT INTO "
            + "t(a) VALUES('y'); CREATE TABLE u(id INTEGER PRIMARY KEY AUTOINCREMENT)"
    )]
    [InlineData(
        "sqlite_sequence left behind",
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES(3); DROP TABLE t; CREATE TABLE u(a)"
    )]
    [InlineData(
        "violated foreign keys",
        "CREATE TABLE p(id INTEGER PRIMARY KEY); PRAGMA foreign_keys=OFF; CREATE TABLE c(a REFERENCES p(id) ON DELETE "
            + "CASCADE DEFERRABLE INITIALLY DEFERRED, b REFERENCES nowhere); INSERT INTO c VALUES(1,2)"
    )]
    [InlineData(
        "violated checks",
        "CREATE TABLE t(a CHECK(a > 0), b, CONSTRAINT c CHECK(b <> a)); PRAGMA ignore_check_constraints=ON; INSERT INTO t VALUES(-1,-1)"
    )]
    [InlineData(
        "defaults and conflict clauses",
        "CREATE TABLE t(a DEFAULT 'x;y', b DEFAULT (1+2), c NOT NULL ON CONFLICT REPLACE DEFAULT CURRENT_TIMESTAMP, d UNIQUE "
            + "ON CONFLICT IGNORE); INSERT INTO t(d) VALUES(1),(2)"
    )]
    [InlineData(
        "added columns",
        "CREATE TABLE t(a); INSERT INTO t VALUES(1); ALTER TABLE t ADD COLUMN b NOT NULL DEFAULT 5; ALTER TABLE t ADD COLUMN "
            + "c AS (a+b); ALTER TABLE t RENAME TO \"new name\"; INSERT INTO \"new name\"(a,b) VALUES(2,3)"
    )]
    [InlineData(
        "strings in double quotes",
        "CREATE TABLE t(a DEFAULT \"x\", CHECK(a <> \"nothing\")); INSERT INTO t VALUES(1); CREATE INDEX i ON t(a) WHERE a <> \"nothing\""
    )]
    [InlineData(
        "comments in definitions",
        "CREATE TABLE t(a -- the ; 'first\n, b /* ; */); INSERT INTO t VALUES(1,2); CREATE VIEW v AS SELECT 1 -- trailing ' "
            + "comment\n; CREATE VIEW w AS SELECT 2 /* closed */"
    )]
    [InlineData(
        "white space before a semicolon",
        "CREATE TABLE \"--\"(a)\n\n;CREATE INDEX \"/*\" ON \"--\"(a)\n; CREATE TABLE u(a) -- last\n; CREATE VIEW v AS SELECT 1\n\n;"
    )]
    [InlineData("NULL in keys", "CREATE TABLE t(a TEXT PRIMARY KEY, b UNIQUE); INSERT INTO t VALUES(NULL,NULL),(NULL,NULL)")]
    [InlineData("no rows at all", "CREATE TABLE t(a); CREATE TABLE u(a PRIMARY KEY) WITHOUT ROWID")]
    [InlineData("write-ahead log", "PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES(1)")]
    [InlineData("auto vacuum", "PRAGMA auto_vacuum=FULL; CREATE TABLE t(a); INSERT INTO t VALUES(randomblob(9999))")]
    [InlineData(
        "incremental vacuum and page size",
        "PRAGMA page_size=512; PRAGMA auto_vacuum=INCREMENTAL; CREATE TABLE t(a); INSERT INTO t VALUES(randomblob(9999))"
    )]
    [InlineData("largest pages", "PRAGMA page_size=65536; CREATE TABLE t(a); INSERT INTO t VALUES(1)")]
    public async Task A_database_is_restored_equal(string what, string sql)
    {
        Assert.NotEmpty(what);
        await _sandbox.RoundTripAsync(_sandbox.Create(sql));
    }

    [Fact]
    public async Task Statistics_are_restored()
    {
        var path = _sandbox.Create(
            "CREATE TABLE t(a,b); CREATE INDEX i ON t(a,b); INSERT INTO t WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT "
                + "x+1 FROM n WHERE x<500) SELECT x%7, x FROM n; ANALYZE"
        );
        using var connection = Sandbox.Open(path);
        var hasSamples = connection.QueryInt64("SELECT count(*) FROM sqlite_schema WHERE name='sqlite_stat4'") > 0;
        await _sandbox.RoundTripAsync(path, withProgram: !hasSamples); // Debian's program has no sqlite_stat4
    }

    [Fact]
    public async Task Only_existing_statistics_are_restored()
    {
        var path = _sandbox.Create(
            "CREATE TABLE t(a,b); CREATE INDEX i ON t(a,b); INSERT INTO t VALUES(1,2),(2,3); ANALYZE; DROP TABLE IF EXISTS sqlite_stat4"
        );
        await _sandbox.RoundTripAsync(path);
    }

    [Fact]
    public async Task A_build_without_stat4_loads_everything_else()
    {
        var path = _sandbox.Create("CREATE TABLE t(a,b); CREATE INDEX i ON t(a,b); INSERT INTO t VALUES(1,2),(2,3); ANALYZE");
        var (script, _) = await Sandbox.DumpAsync(path);
        if (!Sandbox.HasProgram || !System.Text.Encoding.UTF8.GetString(script).Contains("\"sqlite_stat4\""))
        {
            return;
        }
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => _sandbox.ProgramLoadAsync(script)); // it reports that
    }
}
