using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

public sealed class ValueTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("UTF-8")]
    [InlineData("UTF-16le")]
    [InlineData("UTF-16be")]
    public async Task Text_of_any_kind_is_restored(string encoding)
    {
        var path = _sandbox.Create($"PRAGMA encoding='{encoding}'; CREATE TABLE t(a TEXT, b)");
        using (var connection = Sandbox.Open(path))
        {
            using var insert = connection.Prepare("INSERT INTO t VALUES(?1, ?1)");
            string[] texts =
            [
                "",
                "plain",
                "it's",
                "''",
                "'",
                "a\r\nb",
                "\r\n",
                "a\rb",
                "ends\r",
                "a\nb",
                "\u0001\r\n",
                "\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\r\n",
                "a\0b",
                "\0",
                "\0\r\n'",
                "ü€😀",
                "\uFEFFwith a mark",
                "\uFFFE",
                "\uFEFF",
                "\uFFFD",
                "e\u0301",
                "; -- /*",
                "\\n\\r",
                ".exit",
                "\n.exit\n",
                "\n/\n",
                "go\n",
                "#x",
                new('x', 15),
                new('x', 16),
                new('\'', 17),
                new string('x', 15) + "'",
                new string('y', 40) + "ü",
                "9e999",
                "0x10",
                " 1 ",
            ];
            foreach (var text in texts)
            {
                insert.BindText(1, text);
                insert.Step();
                insert.Reset();
            }

            connection.Execute(
                """
                INSERT INTO t VALUES(CAST(x'ff' AS TEXT), CAST(x'ff00fe' AS TEXT)), (CAST(x'00d8' AS TEXT), CAST(x'd800' AS TEXT)),
                    (CAST(x'dc00d800' AS TEXT), CAST(x'eda080' AS TEXT)),
                    (CAST(x'fffe00d8' AS TEXT), CAST(x'feffd800' AS TEXT)), (CAST(x'efbbbf41' AS TEXT), CAST(x'c080' AS TEXT)),
                    (CAST(x'0d0aff0d0a00' AS TEXT), CAST(x'fffefffe' AS TEXT));
                """
            );
        }

        await _sandbox.RoundTripAsync(path);
    }

    [Theory]
    [InlineData("UTF-8", 512)]
    [InlineData("UTF-16le", 4096)]
    public async Task Values_longer_than_any_buffer_are_restored(string encoding, int pageSize)
    {
        var path = _sandbox.Create($"PRAGMA encoding='{encoding}'; PRAGMA page_size={pageSize}; CREATE TABLE t(a, b, c)");
        using (var connection = Sandbox.Open(path))
        {
            using var insert = connection.Prepare("INSERT INTO t VALUES(?1, CAST(?2 AS BLOB), ?3)");
            foreach (var length in new[] { 1, 32_700, 65_536, 131_000, 131_072, 140_000, 300_001 })
            {
                foreach (var fill in new[] { "x", "'", "€'", "a\r\n", "\0" })
                {
                    var text = new StringBuilder().Insert(0, fill, length / fill.Length).ToString();
                    insert.BindText(1, text);
                    insert.BindText(2, text);
                    insert.BindText(3, fill);
                    insert.Step();
                    insert.Reset();
                }
            }
        }

        await _sandbox.RoundTripAsync(path);
    }

    [Fact]
    public async Task Every_double_is_restored_bit_for_bit()
    {
        var path = _sandbox.Create("CREATE TABLE t(a, b REAL, c NUMERIC)");
        using (var connection = Sandbox.Open(path))
        {
            connection.Execute("BEGIN");
            using var insert = connection.Prepare("INSERT INTO t VALUES(?1, ?1, ?1)");
            var random = new Random(20);
            double[] special =
            [
                0.0,
                -0.0,
                double.Epsilon,
                -double.Epsilon,
                double.MaxValue,
                double.MinValue,
                double.PositiveInfinity,
                double.NegativeInfinity,
                2.2250738585072014e-308,
                2.225073858507201e-308,
                1e-290,
                9.999999999999999e-291,
                1e-307,
                9007199254740993,
                1e15,
                1e16,
                1e22,
                1e23,
                8.5e-5,
                123456789.123456,
                999999999.9999999,
                0.1,
                0.30000000000000004,
                9.2233720368547758e18,
            ];
            for (var i = 0; i < 60_000 + special.Length; i++)
            {
                var value =
                    i < special.Length
                        ? special[i]
                        : (i % 5) switch
                        {
                            0 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
                            1 => random.NextDouble(),
                            2 => Math.Round(random.NextDouble() * 1e6, random.Next(8)),
                            3 => BitConverter.Int64BitsToDouble(random.NextInt64(0x0450_0000_0000_0000)), // down to the smallest
                            _ => Math.Pow(10, random.Next(-320, 308)) * random.Next(1, 1000),
                        };
                SqliteNative.sqlite3_bind_double(insert.Handle, 1, value);
                insert.Step();
                insert.Reset();
            }

            connection.Execute("COMMIT");
        }

        await _sandbox.RoundTripAsync(path);
    }

    [Theory]
    [InlineData("zeroblob(300000)")] // twice as long as SQL
    [InlineData("replace(hex(zeroblob(300000)), '00', '''')")] // quotes are doubled
    public async Task A_row_too_long_for_an_SQLite_statement_is_reported(string fill)
    {
        var path = _sandbox.Create($"CREATE TABLE t(a, b); INSERT INTO t VALUES({fill}, {fill})");
        using var connection = Sandbox.Open(path);
        var shape = TableInfo.Read(connection, "t", withoutRowId: false);
        Assert.True((await WriteAsync(1_210_000)).Length > 1_200_000);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => WriteAsync(1_190_000));
        Assert.Contains("\"t\"", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCatalog.SourceNotScriptable, failure.Error);

        async Task<byte[]> WriteAsync(long limit)
        {
            using var select = connection.Prepare(shape.SelectSql);
            var row = new StoredRow(select, shape.ValueCount);
            using var script = new MemoryStream();
            var writer = System.IO.Pipelines.PipeWriter.Create(script);
            await new ScriptOutput(writer, TestContext.Current.CancellationToken).WriteRowsAsync(
                new(row, shape, new(row, null, shape, path), path, limit)
            );
            await writer.CompleteAsync();
            return script.ToArray();
        }
    }

    [Fact]
    public async Task A_changed_row_changes_only_the_script_near_it()
    {
        var path = _sandbox.Create(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x+1 "
                + "FROM n WHERE x<100000) SELECT x*2, 'row ' || x FROM n"
        );
        var before = await LinesAsync(path);
        using (var connection = Sandbox.Open(path))
        {
            connection.Execute(
                "UPDATE t SET a = 'longer than it was' WHERE id = 2000; INSERT INTO t VALUES(100001, 'new'); DELETE FROM t "
                    + "WHERE id = 150000"
            );
        }
        var after = await LinesAsync(path);
        Assert.InRange(after.Except(before).Count(), 1, 10);

        static async Task<string[]> LinesAsync(string path) => Encoding.UTF8.GetString((await Sandbox.DumpAsync(path)).Script).Split(";\n");
    }
}
