using System.Text;
using CsCheck;

namespace Holdfast.Engines.Sqlite.Tests.Logical;

[Trait("Category", "Slow")]
public sealed class RandomDatabaseTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_random_database_is_restored_equal() =>
        await Gen.Select(
                RandomSql.Table.List[0, 3],
                RandomSql.Any(512, 1024, 4096, 65536),
                RandomSql.Any("UTF-8", "UTF-8", "UTF-16le", "UTF-16be"),
                Gen.Bool
            )
            .SampleAsync(
                async (tables, pageSize, encoding, isWal) =>
                {
                    var sql = new StringBuilder(
                        $"PRAGMA encoding='{encoding}'; PRAGMA page_size={pageSize}; PRAGMA user_version={tables.Count};"
                    );
                    if (isWal)
                    {
                        sql.Append("PRAGMA journal_mode=WAL;");
                    }
                    for (var i = 0; i < tables.Count; i++)
                    {
                        sql.Append(tables[i].Replace("@table", $"\"t{i} '\"\"\"").Replace("@index", $"\"i{i}\""));
                    }
                    await _sandbox.RoundTripAsync(_sandbox.Create(sql.ToString()));
                },
                iter: 40,
                threads: 1
            );
}
