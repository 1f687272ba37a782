using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Pages.ServerWide;

/// <summary>Describes the differences between two versions of a task.</summary>
internal static class DefinitionChanges
{
    /// <summary>The differences, one text per field.</summary>
    public static IReadOnlyList<string> Between(TaskDefinition before, TaskDefinition after)
    {
        var all = Fields(before)
            .Zip(Fields(after))
            .Where(p => p.First.Value != p.Second.Value)
            .Select(p => $"{p.First.Name} is now {p.Second.Value} (was {p.First.Value})")
            .ToList();
        return all.Count > 0 ? all : ["nothing that this page shows"];
    }

    private static IEnumerable<(string Name, string Value)> Fields(TaskDefinition d)
    {
        yield return ("the name", d.Name ?? "");
        yield return ("the type", d.Type.ToString());
        yield return ("the full schedule", d.FullBackup ?? "off");
        yield return ("the incremental schedule", d.IncrementalBackup ?? "off");
        yield return ("the time zone", d.TimeZone ?? "that of the node");
        yield return ("the retention", d.Retention is { } r ? FormatRetention(r) : "forever");
        yield return (
            "the encryption",
            d.Encryption is { } e
                ? $"{e.Mode} {string.Join(' ', e.Recipients)}{(e.EncryptSnapshots ? " with snapshots" : "")}".Trim()
                : "None"
        );
        yield return ("the list of destinations", d.Destinations.Count == 0 ? "empty" : string.Join(", ", d.Destinations));
        yield return (
            "what a new destination gets",
            d.ExistingBackups switch
            {
                ExistingBackups.All => "all backups",
                ExistingBackups.None => "new backups only",
                _ => "the newest backups",
            }
        );
        yield return ("the list of exclusions", d.Excluded.Count == 0 ? "empty" : string.Join(", ", d.Excluded));
        yield return ("the verification", d.VerifyEveryDays is { } every ? $"every {every} days" : "manual");
        yield return ("the comparison interval of unchanged databases", $"every {d.CompareEveryHours} hours");
        yield return ("the spread", $"{d.SpreadMinutes} minutes");
        yield return ("the preferred node", d.PreferredNode ?? "none");
        yield return ("the task", d.Disabled ? "disabled" : "enabled");
    }

    private static string FormatRetention(RetentionDefinition retention) =>
        string.Join(
            ", ",
            (retention.Destinations ?? new Dictionary<string, double>())
                .OrderBy(d => d.Key, StringComparer.Ordinal)
                .Select(d => $"{d.Value} days at {d.Key}")
                .Prepend($"{retention.MinimumAgeDays} days")
        );
}
