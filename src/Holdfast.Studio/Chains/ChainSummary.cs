using Holdfast.Api.Backups;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Chains;

/// <summary>One chain of a database, with what each destination holds of it.</summary>
public sealed record ChainSummary
{
    /// <summary>Name of its folder, the same everywhere.</summary>
    public required string Folder { get; init; }

    /// <summary>When its full backup began.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Tag of the node that made it.</summary>
    public string? Node { get; init; }

    /// <summary>Logical or snapshot.</summary>
    public BackupType? Type { get; init; }

    /// <summary>Name of its task.</summary>
    public string? TaskName { get; init; }

    /// <summary>Whether it was made by a task that is there no more.</summary>
    public bool IsTaskDeleted { get; init; }

    /// <summary>Its points, the newest first.</summary>
    public required IReadOnlyList<RestorePointSummary> Points { get; init; }

    /// <summary>What each destination holds, by its name; those that hold nothing are left out.</summary>
    public required IReadOnlyList<ChainCopy> Copies { get; init; }

    /// <summary>Bytes of all archives, each counted once.</summary>
    public long Bytes => Points.Sum(p => p.Bytes);

    /// <summary>Whether at least one destination has all of it.</summary>
    public bool IsComplete => Copies.Any(h => h.IsComplete);

    /// <summary>The chains that were found, joined over the destinations; the newest first.</summary>
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
        var holdings = copies.ConvertAll(c => ChainCopy.Of(c, all)).OrderBy(h => h.Location, StringComparer.Ordinal).ToList();
        return new()
        {
            Folder = first.Folder,
            Time = first.Time ?? all[0].Time,
            Node = first.Node,
            Type = first.Type,
            TaskName = first.TaskName,
            IsTaskDeleted = first is { Task: not null, TaskName: null },
            Points = [.. all.Select((a, i) => RestorePointSummary.Of(a, i + 1, copies, holdings)).Reverse()],
            Copies = holdings,
        };
    }
}
