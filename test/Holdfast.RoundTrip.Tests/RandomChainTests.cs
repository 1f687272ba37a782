using System.Globalization;
using System.Text;
using CsCheck;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests;
using Holdfast.Engines.Sqlite.Tests.Logical;
using Holdfast.Node.Backups;

namespace Holdfast.RoundTrip.Tests;

/// <summary>Chains over databases of random schema, rows, page size and edits. CsCheck prints the seed of a failure and shrinks it.</summary>
public sealed class RandomChainTests
{
    private static readonly int[] PageSizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536];

    private static readonly Gen<Edit> AnyEdit = Gen.OneOf(
        RandomSql.Table.Select(sql => new Edit(Change.NewTable, 0, sql)),
        Gen.Select(Gen.Int[0, 9], RandomSql.Any(Change.DropTable, Change.Delete, Change.Delete, Change.DeleteAll, Change.Double, Change.Vacuum, Change.Nothing), (at, change) => new Edit(change, at, "")),
        Gen.Select(Gen.Int[0, 9], RandomSql.Value, (at, value) => new Edit(Change.Update, at, value)),
        Gen.Select(Gen.Int[0, 9], RandomSql.Value, (at, value) => new Edit(Change.Update, at, value)),
        Gen.Select(Gen.Int[0, 9], Gen.Int[1, 400_000], (at, size) => new Edit(Change.Update, at, $"CAST(replace(hex(zeroblob({size})), '0', 'x{size}') AS BLOB)")),
        RandomSql.Any(PageSizes).Select(size => new Edit(Change.PageSize, size, "")),
        RandomSql.Any("WAL", "DELETE", "TRUNCATE").Select(mode => new Edit(Change.Journal, 0, mode)));

    private static readonly Gen<History> AnyHistory = Gen.Select(
        RandomSql.Any(PageSizes), RandomSql.Any("UTF-8", "UTF-8", "UTF-16le", "UTF-16be"), RandomSql.Any("NONE", "FULL", "INCREMENTAL"), Gen.Bool,
        RandomSql.Table.List[0, 3], AnyEdit.List[0, 5].List[1, 4], Gen.Bool,
        (pageSize, encoding, vacuum, isWal, tables, steps, sealedArchives) => new History(pageSize, encoding, vacuum, isWal, tables, steps, sealedArchives));

    [Fact]
    public async Task Every_point_of_a_random_chain_comes_back() => await AnyHistory.SampleAsync(RunAsync, iter: Soak.IsOn ? 1000 : 30, threads: 1, print: history => history.ToString());

    private static async Task RunAsync(History history)
    {
        await using var bench = new Workbench();
        var identity = history.SealedArchives ? AgeIdentity.Generate() : null;
        var keys = identity is null ? AgeKeys.None : AgeKeys.None.Add(identity);
        var create = new StringBuilder($"PRAGMA encoding='{history.Encoding}'; PRAGMA page_size={history.PageSize}; PRAGMA auto_vacuum={history.Vacuum}; CREATE TABLE always(a);");
        if (history.IsWal) create.Append("PRAGMA journal_mode=WAL;");
        for (var i = 0; i < history.Tables.Count; i++) create.Append(Named(history.Tables[i], i));
        const string name = "random.db";
        bench.Folder.Make(name, create.ToString(), schema: "");

        // A new type would begin a new chain, so each type has a database of its own; both go through the same edits.
        const string twin = "twin.db";
        bench.Folder.Make(twin, create.ToString(), schema: "");
        List<(BackupType Type, string Archive, string Copy)> points = [];
        for (var step = 0; step <= history.Steps.Count; step++)
        {
            using var first = SqliteConnection.Open(bench.Folder[name], SqliteConstants.OpenReadWrite);
            using var second = SqliteConnection.Open(bench.Folder[twin], SqliteConstants.OpenReadWrite);
            for (var i = 0; step > 0 && i < history.Steps[step - 1].Count; i++)
            {
                var number = (step * 10) + i;
                history.Steps[step - 1][i].Apply(first, number);
                history.Steps[step - 1][i].Apply(second, number);
            }

            if (step % 2 == 0) first.Dispose();
            foreach (var (database, type) in ((string, BackupType)[])[(name, BackupType.Snapshot), (twin, BackupType.Backup)]) await BackUpAsync(database, type, step);
        }

        foreach (var (type, archive, copy) in points)
        {
            var database = await bench.RestoreAsync(archive, keys);
            if (type == BackupType.Snapshot) Assert.True(File.ReadAllBytes(copy).AsSpan().SequenceEqual(File.ReadAllBytes(database)), $"{archive} is not the image of its moment, byte for byte");
            var differences = DatabaseComparer.Differences(copy, database);
            Assert.True(differences.Count == 0, $"{archive}: {string.Join('\n', differences)}");
        }

        await bench.VerifyAsync(keys);

        async Task BackUpAsync(string database, BackupType type, int step)
        {
            var outcome = await bench.BackUpAsync(database, type, step == 0 ? BackupKind.Full : BackupKind.Incremental, identity?.Recipient);
            Assert.True(outcome.Error is null, outcome.Error?.Message);
            Assert.True(step == 0 || outcome.Kind == BackupKind.Incremental, string.Join("; ", outcome.Warnings));
            var copy = await bench.CopyAsync(database);
            var archive = outcome.State == BackupState.Unchanged ? points.Last(p => p.Type == type).Archive : outcome.Path!;
            points.Add((type, archive, copy)); // one where nothing changed is what the point before it is
        }
    }

    private static string Named(string table, int number) => table.Replace("@table", $"\"t{number} '\"\"\"").Replace("@index", $"\"i{number}\"");

    private enum Change
    {
        Nothing,
        NewTable,
        DropTable,
        Delete,
        DeleteAll,
        Double,
        Update,
        Vacuum,
        PageSize,
        Journal,
    }

    private sealed record History(int PageSize, string Encoding, string Vacuum, bool IsWal, List<string> Tables, List<List<Edit>> Steps, bool SealedArchives)
    {
        public override string ToString() =>
            $"page size {PageSize}, {Encoding}, auto_vacuum {Vacuum}, {(IsWal ? "WAL" : "rollback")}, sealed {SealedArchives}\n{string.Join('\n', Tables)}\n{string.Join('\n', Steps.Select((edits, i) => $"{i + 1}: {string.Join(" | ", edits)}"))}";
    }

    /// <summary>A change that can be made to any schema: the table is the n-th that is there, its columns are asked for.</summary>
    private sealed record Edit(Change Change, int Number, string Sql)
    {
        public void Apply(SqliteConnection connection, int number)
        {
            switch (Change)
            {
                case Change.NewTable:
                    connection.Execute(Named(Sql, number));
                    return;
                case Change.Vacuum:
                    connection.Execute("VACUUM");
                    return;
                case Change.Journal:
                    connection.Execute($"PRAGMA journal_mode={Sql}");
                    return;
                case Change.PageSize:
                    var mode = connection.QueryText("PRAGMA journal_mode");
                    connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA journal_mode=DELETE; PRAGMA page_size={Number}; VACUUM; PRAGMA journal_mode={mode}"));
                    return;
                case Change.Nothing:
                    return;
            }

            var tables = Texts(connection, "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite%' AND name <> 'always' ORDER BY rowid");
            if (tables.Count == 0) return;
            var table = Quote(tables[Number % tables.Count]);
            var columns = Texts(connection, $"SELECT name FROM pragma_table_xinfo('{tables[Number % tables.Count].Replace("'", "''")}') WHERE hidden = 0").ConvertAll(Quote);
            connection.Execute(Change switch
            {
                Change.DropTable => $"DROP TABLE {table}",
                Change.DeleteAll => $"DELETE FROM {table}",
                Change.Delete => $"DELETE FROM {table} WHERE length(quote({columns[0]})) % 3 = {number % 3}",
                Change.Double => $"INSERT OR IGNORE INTO {table}({string.Join(',', columns.Where(c => c != "\"z_id\""))}) SELECT {string.Join(',', columns.Where(c => c != "\"z_id\""))} FROM {table}",
                _ => $"UPDATE OR IGNORE {table} SET {columns.FindLast(c => c != "\"z_id\"")} = {Sql} WHERE length(quote({columns[0]})) % 2 = {number % 2}",
            });
        }

        private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

        private static List<string> Texts(SqliteConnection connection, string sql)
        {
            List<string> texts = [];
            using var statement = connection.Prepare(sql);
            while (statement.Step()) texts.Add(statement.Text(0)!);
            return texts;
        }
    }
}
