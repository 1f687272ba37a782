using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Protection;

namespace Holdfast.Node.Catalog;

/// <summary>Summary of the known problems of one database's archives, for alerts and protection states.</summary>
/// <param name="Copies">One entry per destination with a problem.</param>
/// <param name="Problems">One entry per task whose newest backups are affected.</param>
internal sealed record CatalogSummary(
    IReadOnlyList<ArchiveAlertInput> Copies,
    IReadOnlyList<(string? Task, KnownBackupProblems Points)> Problems
)
{
    /// <summary>Summarizes one database.</summary>
    /// <param name="file">The catalog.</param>
    /// <param name="database">The database.</param>
    /// <param name="latest">
    /// Chains with names later than this time are not the newest, so they do not hide problems of others.
    /// </param>
    public static CatalogSummary Create(CatalogFile file, string database, DateTimeOffset latest)
    {
        var troubles = file.CopyProblems(database);
        if (troubles.Count == 0)
        {
            return new([], []);
        }
        var id = DatabaseId.Parse(database);
        var points = new List<(string?, KnownBackupProblems)>();
        var chains = file.ReadAll(database);
        foreach (var task in troubles.Where(t => !t.Copy.IsRestorable).Select(t => t.Task).Distinct())
        {
            if (SummarizeTask([.. chains.Where(c => c.Task == task && !c.HasFutureName(latest))]) is { } found)
            {
                points.Add((task, found));
            }
        }

        return new(
            [
                .. troubles
                    .GroupBy(t => t.Copy.Destination, StringComparer.Ordinal)
                    .Select(g => SummarizeDestination(id, g.Key, [.. g]))
                    .OfType<ArchiveAlertInput>(),
            ],
            points
        );
    }

    private static ArchiveAlertInput? SummarizeDestination(
        DatabaseId database,
        string destination,
        IReadOnlyList<(string? Task, string Name, CatalogCopy Copy)> troubles
    )
    {
        var damaged = troubles.Where(t => t.Copy.State == CopyState.Damaged).ToList();
        var missing = troubles.Where(t => t.Copy is { State: CopyState.Missing, IsAcknowledged: false }).ToList();
        return new()
        {
            Database = database,
            Destination = destination,
            Damaged = damaged.Count,
            Missing = missing.Count,
            DamagedSince = damaged.Min(d => d.Copy.Since),
            MissingSince = missing.Min(m => m.Copy.Since),
            Example = DescribeExample(damaged),
            MissingExample = DescribeExample(missing),
        };
    }

    private static string? DescribeExample(IEnumerable<(string? Task, string Name, CatalogCopy Copy)> troubles) =>
        troubles.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => $"{t.Name}: {t.Copy.Problem?.Message}").FirstOrDefault();

    // Null if the newest restore point has no known problem at any destination.
    private static KnownBackupProblems? SummarizeTask(IReadOnlyList<CatalogChain> chains)
    {
        if (chains.Count == 0 || chains[^1].Entries.Count == 0)
        {
            return null;
        }
        var last = chains[^1];
        var bad = new Dictionary<string, DestinationBackupProblem>(StringComparer.Ordinal);
        foreach (var destination in last.Destinations)
        {
            // A copy that was never made is not a problem here: its backup reported it.
            var first = last
                .Entries.Select(e => (e.Archive, Copy: e.CopyAt(destination)))
                .FirstOrDefault(e => e.Copy is { IsRestorable: false });
            if (first.Copy is null)
            {
                continue;
            }
            var good = chains.Reverse().Select(c => c.NewestCompleteAt(destination)).FirstOrDefault(e => e is not null);
            var what = first.Copy.State == CopyState.Missing ? "is missing" : "is damaged";
            bad[destination] = new(
                good?.Archive.Time,
                first.Copy.Since ?? first.Archive.Time,
                $"{first.Archive.Name} {what}: {first.Copy.Problem?.Message}"
            );
        }

        return bad.Count == 0 ? null : new(bad);
    }
}
