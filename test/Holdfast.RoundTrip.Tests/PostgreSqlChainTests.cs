using System.Diagnostics;
using Holdfast.Core.Tasks;
using Holdfast.Node.Backups;
using Holdfast.RoundTrip.Tests.PostgreSql;

namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// Chains over a PostgreSQL database with one of everything, for each version that can be backed up here and encodings
/// of each kind, with random edits before each backup. Points are restored as new databases, equal to what
/// <c>pg_dump</c> made of the source at that moment; the last one on newer servers, too.
/// </summary>
public sealed class PostgreSqlChainTests(PostgreSqlServers servers) : IClassFixture<PostgreSqlServers>
{
    private static readonly string[] Encodings = ["UTF8", "LATIN1", "EUC_JP", "SQL_ASCII"];
    private static readonly int[] Newer = [16, 17, 18];

    /// <summary>Major, encoding, seed and number of incrementals.</summary>
    public static TheoryData<int, string, int, int> Chains { get; } =
        Soak.IsOn
            ? [.. from major in (int[])[13, 14, 15] from i in Enumerable.Range(0, 4) select (major, Encodings[i], major + (100 * i), 14)]
            : [(PostgreSqlServers.Installed, "UTF8", 1, 4), (PostgreSqlServers.Installed, "LATIN1", 2, 4)];

    [Theory]
    [MemberData(nameof(Chains))]
    public async Task Points_of_a_chain_of_random_edits_are_restored(int major, string encoding, int seed, int incrementals)
    {
        var watch = Stopwatch.StartNew();
        var random = new Random(seed);
        var server = await servers.StartAsync(major);
        await using var bench = await PostgreSqlBench.MakeAsync(server, major, encoding, "chain");
        var edits = new RandomEdits("chain", new(encoding, random), random);
        List<Point> points = [];
        for (var step = 0; step <= incrementals; step++)
        {
            for (var i = random.Next(4, 12); i > 0; i--)
            {
                await EditAsync(bench, edits.Next(), step);
            }
            var outcome = await bench.BackUpAsync(step == 0 ? BackupKind.Full : BackupKind.Incremental);
            points.Add(new(outcome.State == BackupState.Unchanged ? points[^1].Archive : outcome.Path!, await bench.ContentsAsync()));
        }

        Point[] tried = Soak.IsOn ? [.. points] : [.. random.GetItems(points.ToArray(), 2), points[^1]];
        foreach (var point in tried.Distinct())
        {
            Assert.Empty(await bench.RestoreAsync(point.Archive, server, "copy"));
            var found = await PostgreSqlBench.ContentsAsync(server, "copy");
            await server.RunAsync("postgres", "DROP DATABASE copy");
            Assert.Equal(point.Contents.Sums, found.Sums);
            Assert.Equal(point.Contents.Properties, found.Properties);
            Assert.Equal(point.Contents.Dump, found.Dump);
        }

        foreach (var newerMajor in Soak.IsOn ? Newer : [Newer[random.Next(Newer.Length)]])
        {
            var newer = await servers.StartAsync(newerMajor);
            await PostgreSqlBench.RolesAsync(newer);
            var warnings = await bench.RestoreAsync(points[^1].Archive, newer, "copy");
            Assert.All(warnings, w => Assert.StartsWith("The extensions are ", w, StringComparison.Ordinal)); // of other versions there
            Assert.Equal(points[^1].Contents.Sums, await PostgreSqlBench.SumsAsync(newer, "copy"));
            await newer.RunAsync("postgres", "DROP DATABASE copy");
        }

        var summary =
            $"{major} {encoding}, seed {seed}: {points.Count} points, {tried.Length} restored, in {watch.Elapsed.TotalSeconds:0} s";
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
    }

    private static async Task EditAsync(PostgreSqlBench bench, string sql, int step)
    {
        var failure = await Record.ExceptionAsync(() => bench.RunAsync(sql));
        Assert.True(failure is null, $"step {step}: {failure?.Message}\n{sql}");
    }

    private sealed record Point(string Archive, PostgreSqlContents Contents);
}
