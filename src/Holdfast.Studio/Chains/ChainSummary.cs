using Holdfast.Api.Backups;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Chains;

/// <summary>One chain of a database, with its copies at all destinations.</summary>
public sealed record ChainSummary
{
    /// <summary>Name of its folder, the same at each destination.</summary>
    public required string Folder { get; init; }

    /// <summary>When its full backup started.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Tag of the node that wrote it.</summary>
    public string? Node { get; init; }

    /// <summary>Logical or snapshot.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Name of its task; null if it has none, or if the task was deleted.</summary>
    public string? TaskName { get; init; }

    /// <summary>Whether its task was deleted.</summary>
    public bool IsTaskDeleted { get; init; }

    /// <summary>Its restore points, newest first.</summary>
    public required IReadOnlyList<RestorePointSummary> Points { get; init; }

    /// <summary>Its copies, ordered by the name of the destination. Destinations without any archive of it are omitted.</summary>
    public required IReadOnlyList<ChainCopy> Copies { get; init; }

    /// <summary>Total size of its archives in bytes, each archive counted once.</summary>
    public long Bytes => Points.Sum(p => p.Bytes);

    /// <summary>Whether at least one destination has all of its archives.</summary>
    public bool IsComplete => Copies.Any(h => h.IsComplete);

    /// <summary>Groups the chains that were found at all destinations, newest first.</summary>
    public static IReadOnlyList<ChainSummary> Of(ChainsView found) =>
        [
            .. found
                .Chains.GroupBy(c => c.Folder, StringComparer.Ordinal)
                .Select(g => Of([.. g]))
                .OrderByDescending(c => c.Time)
                .ThenByDescending(c => c.Folder, StringComparer.Ordinal),
        ];

    private static ChainSummary Of(List<ChainView> copies)
    {
        var first = copies[0];
        var all = copies
            .SelectMany(c => c.Archives)
            .DistinctBy(a => a.Name, StringComparer.Ordinal)
            .OrderBy(a => a.Time)
            .ThenBy(a => a.Name, StringComparer.Ordinal)
            .ToList();
        var joined = copies.ConvertAll(c => ChainCopy.Of(c, all)).OrderBy(h => h.Location, StringComparer.Ordinal).ToList();
        return new()
        {
            Folder = first.Folder,
            Time = first.Time ?? all[0].Time,
            Node = first.Node,
            Type = first.Type,
            TaskName = first.TaskName,
            IsTaskDeleted = first is { Task: not null, TaskName: null },
            Points = [.. all.Select((a, i) => RestorePointSummary.Of(a, i + 1, copies, joined)).Reverse()],
            Copies = joined,
        };
    }
}
