using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Protection;

namespace Holdfast.Node.Catalog;

/// <summary>What is known to be wrong with one database's archives, summed up for alerts and states.</summary>
/// <param name="Copies">For each destination where something is.</param>
/// <param name="Problems">For each task whose newest backups it touches.</param>
internal sealed record CatalogSummary(
    IReadOnlyList<ArchiveAlertInput> Copies,
    IReadOnlyList<(string? Task, KnownBackupProblems Points)> Problems
)
{
    /// <summary>Sums up what the catalog knows of one database.</summary>
    /// <param name="file">The catalog.</param>
    /// <param name="database">The database.</param>
    /// <param name="latest">
    /// Chains whose names lie ahead of this time are not the newest, so nothing that is known of others is hidden by
    /// them.
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

    // Null where nothing is known against the newest point, wherever its chain is.
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
            // One that was never copied there is not known to be wrong: its run has told that.
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
