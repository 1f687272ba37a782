using System.Diagnostics;
using System.Text;
using CsCheck;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests;
using Holdfast.Engines.Sqlite.Tests.Logical;
using Holdfast.Node.Backups;
using DatabaseComparer = Holdfast.Engines.Sqlite.Tests.DatabaseComparer;

namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// Chains over databases of random schema, rows, encoding, page size and edits, with checkpoints, crashes, file
/// replacement and writers of other users in between. Every point is restored by Holdfast and by restore.py. CsCheck
/// prints the seed of a failure and shrinks it.
/// </summary>
public sealed class RandomChainTests
{
    // After each commit the rows of "always" are 0, 1, 2 …, an even number of them: so a backup of any moment during
    // the writes can be checked.
    private const string Grow =
        "BEGIN IMMEDIATE; INSERT INTO always SELECT count(*) FROM always; INSERT INTO always SELECT count(*) FROM always; COMMIT";

    private static readonly Gen<Step> AnyStep = Gen.Select(
        Edit.Any.List[0, 5],
        RandomSql.Any(Enum.GetValues<Disturbance>()),
        RandomSql.Any("PASSIVE", "FULL", "RESTART", "TRUNCATE"),
        Gen.Bool,
        (edits, disturbance, checkpoint, isOpen) => new Step(edits, disturbance, checkpoint, isOpen)
    );

    private static readonly Gen<History> AnyHistory = Gen.Select(
        RandomSql.Any(Edit.PageSizes),
        RandomSql.Any("UTF-8", "UTF-8", "UTF-16le", "UTF-16be"),
        RandomSql.Any("NONE", "FULL", "INCREMENTAL"),
        Gen.Bool,
        RandomSql.Table.List[0, 3],
        AnyStep.List[1, 3],
        Gen.Select(Gen.Bool, RandomSql.Any(BackupType.Snapshot, BackupType.Backup)),
        (pageSize, encoding, vacuum, isWal, tables, steps, how) =>
            new History(pageSize, encoding, vacuum, isWal, tables, steps, how.Item1, how.Item2)
    );

    [Fact]
    public async Task Every_point_of_a_random_chain_is_restored() =>
        await AnyHistory.SampleAsync(RunAsync, iter: Soak.IsOn ? 1000 : 50, threads: 2, print: history => history.ToString());

    private static async Task RunAsync(History history)
    {
        await using var bench = new Workbench();
        var identity = history.SealedArchives ? AgeIdentity.Generate() : null;
        var keys = identity is null ? AgeKeys.None : AgeKeys.None.Add(identity);
        var create = new StringBuilder(
            $"PRAGMA encoding='{history.Encoding}'; PRAGMA page_size={history.PageSize}; PRAGMA auto_vacuum={history.Vacuum}; "
                + "CREATE TABLE always(a);"
        );
        if (history.IsWal)
        {
            create.Append("PRAGMA journal_mode=WAL;");
        }
        for (var i = 0; i < history.Tables.Count; i++)
        {
            create.Append(Edit.Named(history.Tables[i], i));
        }
        OtherProcess.Open(bench.Folder.Root);

        OtherProcess.Open(bench.Folder.Make("random.db", create.ToString(), schema: ""));
        List<Point> points = [];
        for (var step = 0; step <= history.Steps.Count; step++)
        {
            var what = step == 0 ? new Step([], Disturbance.None, "", false) : history.Steps[step - 1];
            await BackUpAsync("random.db", history.Type, step, what);
        }

        await CheckAsync(bench, points, identity, keys);

        async Task BackUpAsync(string database, BackupType type, int step, Step what)
        {
            var path = bench.Folder[database];
            var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite);
            OtherProcess? writer = null;
            try
            {
                for (var i = 0; i < what.Edits.Count; i++)
                {
                    what.Edits[i].Apply(connection, (step * 10) + i);
                }
                if (!what.IsOpen || what.Disturbance is Disturbance.Replaced or Disturbance.CopiedOver)
                {
                    connection.Dispose();
                }
                writer = await DisturbAsync(path, what);
                var outcome = await bench.BackUpAsync(
                    database,
                    type,
                    step == 0 ? BackupKind.Full : BackupKind.Incremental,
                    identity?.Recipient
                );
                writer?.Finish();
                Assert.True(outcome.Error is null, outcome.Error?.Message);
                Assert.True(step == 0 || outcome.Kind == BackupKind.Incremental, string.Join("; ", outcome.Warnings));
                Assert.Equal(type, outcome.Type);
                var archive = outcome.State == BackupState.Unchanged ? points.Last(p => p.Type == type).Archive : outcome.Path!;
                // an incremental of an unchanged database equals the previous point
                points.Add(new(type, archive, await bench.CopyAsync(database), writer is not null));
            }
            finally
            {
                writer?.Dispose();
                connection.Dispose();
            }
        }
    }

    private static async Task<OtherProcess?> DisturbAsync(string path, Step what)
    {
        switch (what.Disturbance)
        {
            case Disturbance.Checkpoint:
                using (var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite))
                {
                    connection.Execute($"{Grow}; PRAGMA wal_checkpoint({what.Checkpoint})");
                }
                return null;
            case Disturbance.Replaced or Disturbance.CopiedOver:
                using (var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite))
                {
                    connection.Execute($"{Grow}; VACUUM INTO '{path}.new'; {Grow}");
                }
                using (var replace = Process.Start(what.Disturbance == Disturbance.Replaced ? "mv" : "cp", [$"{path}.new", path]))
                {
                    await replace.WaitForExitAsync(TestContext.Current.CancellationToken);
                }
                File.Delete($"{path}.new");
                OtherProcess.Open(path);
                return null;
            case Disturbance.OtherUser:
                using (var other = OtherProcess.StartAsOther("hold", path, Grow))
                {
                    other.Finish();
                }
                return null;
            case Disturbance.Crash:
                using (
                    var other = OtherProcess.StartAsOther(
                        "hold",
                        path,
                        Grow,
                        "PRAGMA cache_size=2; BEGIN; WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i "
                            + "< 3000) INSERT INTO always SELECT -1 FROM s"
                    )
                )
                {
                    other.Kill();
                }
                return null;
            case Disturbance.Writer:
                return OtherProcess.StartAsOther("grow", path, Grow);
            default:
                return null;
        }
    }

    private static async Task CheckAsync(Workbench bench, List<Point> points, AgeIdentity? identity, AgeKeys keys)
    {
        var restored = await bench.RestoreByScriptAsync([.. points.Select(p => p.Archive)], identity);
        for (var i = 0; i < points.Count; i++)
        {
            var point = points[i];
            var database = await bench.RestoreAsync(point.Archive, keys);
            if (point is { Type: BackupType.Snapshot, IsWrittenTo: false })
            {
                Assert.True(
                    File.ReadAllBytes(point.Copy).AsSpan().SequenceEqual(File.ReadAllBytes(database)),
                    $"{point.Archive} is not the image of its moment, byte for byte"
                );
            }
            Compare(database, restored[i], point.Archive + " by restore.py");
            foreach (var path in (string[])[database, point.Copy])
            {
                using var connection = SqliteConnection.Open(path, SqliteConstants.OpenReadWrite);
                Assert.Equal(
                    "1 1",
                    connection.QueryText(
                        "SELECT (count(*) % 2 = 0) || ' ' || (coalesce(sum(a), 0) = count(*) * (count(*) - 1) / 2) FROM always"
                    )
                );
                if (point.IsWrittenTo)
                {
                    connection.Execute("DELETE FROM always"); // the copy was made after the writer had continued
                }
            }

            Compare(point.Copy, database, point.Archive);
        }

        await bench.VerifyAsync(keys);
    }

    private static void Compare(string expected, string actual, string what)
    {
        var differences = DatabaseComparer.Differences(expected, actual);
        Assert.True(differences.Count == 0, $"{what}: {string.Join('\n', differences)}");
    }

    private sealed record Point(BackupType Type, string Archive, string Copy, bool IsWrittenTo);

    private sealed record Step(List<Edit> Edits, Disturbance Disturbance, string Checkpoint, bool IsOpen)
    {
        public override string ToString() => $"{string.Join(" | ", Edits)}; {Disturbance} {Checkpoint}{(IsOpen ? " open" : "")}";
    }

    private sealed record History(
        int PageSize,
        string Encoding,
        string Vacuum,
        bool IsWal,
        List<string> Tables,
        List<Step> Steps,
        bool SealedArchives,
        BackupType Type
    )
    {
        public override string ToString() =>
            $"page size {PageSize}, {Encoding}, auto_vacuum {Vacuum}, {(IsWal ? "WAL" : "rollback")}, sealed "
            + $"{SealedArchives}, "
            + $"{Type}\n{string.Join('\n', Tables)}\n{string.Join('\n', Steps.Select((step, i) => $"{i + 1}: {step}"))}";
    }
}
