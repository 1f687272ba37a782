using System.Globalization;
using System.Text;

namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// A database with every feature that a backup must restore, and a history of edits, all derived from one seed.
/// </summary>
/// <param name="seed">The seed.</param>
/// <param name="isWal">Whether the database is in WAL mode.</param>
/// <param name="pageSize">Its page size.</param>
/// <param name="newPageSize">
/// The page size that a VACUUM in the middle of the history sets, and a later one reverts; 0 for no change.
/// </param>
internal sealed class FeatureDatabase(int seed, bool isWal, int pageSize, int newPageSize)
{
    /// <summary>Number of edits; the last is the 19th.</summary>
    public const int Edits = 19;

    private const int GrowStep = 4,
        VacuumStep = 6,
        PageSizeStep = 12,
        PageSizeBackStep = 16,
        ShrinkStep = 9,
        AlterStep = 15;

    private const string Schema = """
        PRAGMA user_version=42; PRAGMA application_id=-77;
        CREATE TABLE types(id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT COLLATE NOCASE, b BLOB, n NUMERIC, v);
        CREATE INDEX types_t ON types(t, r DESC) WHERE b IS NOT NULL;
        CREATE INDEX types_e ON types(length(t) || typeof(i));
        CREATE TABLE bare(a DEFAULT x'00', "b c", "quote""d");
        CREATE TABLE keyed(a TEXT, b INT, c, PRIMARY KEY(b DESC, a)) WITHOUT ROWID;
        CREATE TABLE strict(a INT, b REAL, c TEXT, d BLOB, e ANY) STRICT;
        CREATE TABLE generated(a, twice AS (a * 2), text TEXT AS (a || 'x') STORED, d DEFAULT 'q;"');
        CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, parent REFERENCES counted(id) ON DELETE SET NULL, note);
        CREATE TABLE history(at INTEGER PRIMARY KEY, what);
        CREATE TRIGGER types_new AFTER INSERT ON types BEGIN INSERT INTO history(what) VALUES('new;' || new.id); END;
        CREATE TRIGGER types_gone AFTER DELETE ON types WHEN old.id % 2 = 0 BEGIN INSERT INTO history(what) VALUES(old.t); END;
        CREATE VIEW recent(id, what) AS SELECT at, what FROM history WHERE at > 3;
        CREATE TRIGGER recent_new INSTEAD OF INSERT ON recent BEGIN INSERT INTO history(what) VALUES(new.what); END;
        CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize='porter unicode61', prefix='2 3');
        CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1, +name TEXT);
        CREATE TABLE big(id INTEGER PRIMARY KEY, data BLOB);
        INSERT INTO types VALUES(-9223372036854775808, 9223372036854775807, 9e999, 'NUL' || char(0) || 'inside', x'', -9e999, 0.0);
        INSERT INTO types VALUES(9223372036854775807, -9223372036854775808, -9e999, '', x'00ff00', 9e999, -0.0);
        INSERT INTO types VALUES(0, NULL, 5e-324, NULL, NULL, NULL, 0.1),
            (1, 'not a number', 1.7976931348623157e308, char(128512, 10, 13, 59), zeroblob(5000), '12', CAST(x'61ff0062' AS TEXT));
        """;

    private readonly Random _random = new(seed);

    /// <summary>Creates the schema and the first rows.</summary>
    public string Create()
    {
        var sql = new StringBuilder("BEGIN;").Append(Schema);
        for (var i = 0; i < 60; i++)
        {
            Insert(sql);
        }
        return sql.Append("INSERT INTO strict SELECT 1, 2, '3', x'04', i FROM types; COMMIT; ANALYZE;").ToString();
    }

    /// <summary>Returns the statements of an edit, from 1 to <see cref="Edits"/>.</summary>
    public string Edit(int step)
    {
        var sql = new StringBuilder("BEGIN;");
        var mark = _random.Next(7);
        for (var i = _random.Next(1, 20); i > 0; i--)
        {
            Insert(sql);
        }
        sql.Append(
            CultureInfo.InvariantCulture,
            $"""
            UPDATE types SET t = 'edit {step} of ' || id, v = {Value()} WHERE id % 7 = {mark};
            DELETE FROM types WHERE id % 11 = {mark};
            UPDATE keyed SET c = {Value()} WHERE b % 5 = {mark};
            DELETE FROM keyed WHERE b % 13 = {mark};
            UPDATE bare SET "b c" = {Value()} WHERE rowid % 5 = {mark};
            DELETE FROM words WHERE rowid % 9 = {mark};
            UPDATE boxes SET x1 = x1 + 3 WHERE id % 5 = {mark};
            DELETE FROM counted WHERE id % 6 = {mark};
            CREATE TABLE "new {step}"(a, b DEFAULT {step}); CREATE INDEX "by {step}" ON "new {step}"(b);
            INSERT INTO "new {step}" SELECT i, n FROM types;
            PRAGMA user_version={step};
            """
        );
        if (step > 3)
        {
            sql.Append(CultureInfo.InvariantCulture, $"DROP TABLE \"new {step - 3}\";");
        }
        if (step == GrowStep)
        {
            sql.Append(CultureInfo.InvariantCulture, $"INSERT INTO big VALUES(1, x'{Convert.ToHexString(Bytes(3_000_001))}');");
        }
        if (step == ShrinkStep)
        {
            sql.Append("DELETE FROM big; DELETE FROM bare;");
        }
        if (step == AlterStep)
        {
            sql.Append(
                "ALTER TABLE bare ADD COLUMN later NOT NULL DEFAULT 'x'; ALTER TABLE bare RENAME COLUMN a TO first; DROP "
                    + "VIEW recent; PRAGMA application_id=12345;"
            );
        }
        sql.Append("COMMIT;");
        if (step is VacuumStep or ShrinkStep)
        {
            sql.Append("VACUUM;");
        }
        // In WAL mode the page size is fixed.
        if (step is PageSizeStep or PageSizeBackStep && newPageSize > 0)
        {
            sql.Append(
                CultureInfo.InvariantCulture,
                $"PRAGMA journal_mode=DELETE; PRAGMA page_size={(step == PageSizeStep ? newPageSize : pageSize)}; VACUUM; "
                    + $"{(isWal ? "PRAGMA journal_mode=WAL;" : "")}"
            );
        }
        return sql.ToString();
    }

    private void Insert(StringBuilder sql)
    {
        sql.Append(
            CultureInfo.InvariantCulture,
            $"""
            INSERT INTO types(i, r, t, b, n, v) VALUES({Value()}, {Value()}, {Value()}, {Value()}, {Value()}, {AnyValue()});
            INSERT INTO bare("b c", "quote""d") VALUES({AnyValue()}, {AnyValue()});
            INSERT OR REPLACE INTO keyed VALUES('k{_random.Next(50)}', {_random.Next(1000)}, {Value()});
            INSERT INTO strict VALUES({_random.Next()}, {_random.Next()}.5, 't', x'{Convert.ToHexString(
                Bytes(_random.Next(50))
            )}', {Value()});
            INSERT INTO generated(a) VALUES({_random.Next(100)});
            INSERT INTO counted(parent, note) VALUES(NULL, {Value()});
            INSERT INTO words VALUES('title {_random.Next(99)}', 'running words number {_random.Next(99)}');
            INSERT INTO boxes VALUES(NULL, {_random.Next(100)}, {_random.Next(100, 200)}, {_random.Next(100)}, {_random.Next(
                100,
                200
            )}, 'n{_random.Next(9)}');
            """
        );
    }

    // Text that is not valid in the database's encoding is kept out of indexed columns: SQLite itself does not always
    // find it again.
    private string AnyValue() => _random.Next(8) == 0 ? $"CAST(x'{Convert.ToHexString(Bytes(_random.Next(30)))}' AS TEXT)" : Value();

    private string Value() =>
        _random.Next(10) switch
        {
            0 => "NULL",
            1 => _random.NextInt64(long.MinValue + 1, long.MaxValue).ToString(CultureInfo.InvariantCulture),
            2 => (_random.NextDouble() * Math.Pow(10, _random.Next(-300, 300))).ToString("E16", CultureInfo.InvariantCulture),
            3 => _random.Next(2) == 0 ? "9e999" : "-9e999",
            4 => $"'text ''{_random.Next()}; é😀' || char({_random.Next(300)}) || 'x'",
            5 => $"CAST({_random.Next()} AS TEXT)",
            6 => $"x'{Convert.ToHexString(Bytes(_random.Next(9000)))}'",
            7 => $"x'{Convert.ToHexString(Bytes(_random.Next(20)))}'",
            8 => _random.Next(-5, 5).ToString(CultureInfo.InvariantCulture),
            _ => $"replace(hex(zeroblob({_random.Next(3000)})), '0', 'ab{_random.Next(9)}')",
        };

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
