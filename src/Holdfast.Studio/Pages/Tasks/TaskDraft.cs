using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>A server-wide or regular task that is being edited.</summary>
public sealed class TaskDraft
{
    /// <summary>Name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Logical or snapshot; null until the user selects one.</summary>
    public BackupType? Type { get; set; }

    /// <summary>Cron expression; null for no full backups.</summary>
    public string? FullBackup { get; set; } = "0 2 * * 0";

    /// <summary>Cron expression; null for no incrementals.</summary>
    public string? IncrementalBackup { get; set; } = "0 2 * * *";

    /// <summary>IANA name of the time zone; null for the time zone of the node.</summary>
    public string? TimeZone { get; set; }

    /// <summary>Minimum age for deletion in days; null to keep backups forever.</summary>
    public double? MinimumAgeDays { get; set; } = 14;

    /// <summary>Other minimum ages in days, by the names of destinations.</summary>
    public Dictionary<string, double> DestinationAges { get; } = new(StringComparer.Ordinal);

    /// <summary>Encryption: none, key or recipients.</summary>
    public EncryptionMode Mode { get; set; }

    /// <summary>Whether the user enters a key. Otherwise the current key is kept, or the server generates one.</summary>
    public bool UsesGivenKey { get; set; }

    /// <summary>The key that the user has entered.</summary>
    public string Key { get; set; } = "";

    /// <summary>Public keys, one per line.</summary>
    public string Recipients { get; set; } = "";

    /// <summary>Whether snapshots of unencrypted databases are encrypted too.</summary>
    public bool EncryptSnapshots { get; set; }

    /// <summary>Names of destinations.</summary>
    public IReadOnlyCollection<string> Destinations { get; set; } = [];

    /// <summary>Ids and glob patterns of excluded databases.</summary>
    public List<string> Excluded { get; } = [];

    /// <summary>Time over which starts are spread, in minutes.</summary>
    public double SpreadMinutes { get; set; }

    /// <summary>Interval in days in which each chain is verified once; null for no automatic verification.</summary>
    public int? VerifyEveryDays { get; set; }

    /// <summary>Interval in hours in which a seemingly unchanged database is compared in full with its newest backup.</summary>
    public int CompareEveryHours { get; set; } = 24;

    /// <summary>Which existing backups are copied to a destination that is added.</summary>
    public ExistingBackups ExistingBackups { get; set; }

    /// <summary>Tag of the preferred node. Regular tasks only.</summary>
    public string? PreferredNode { get; set; }

    /// <summary>Whether the task is disabled.</summary>
    public bool Disabled { get; set; }

    /// <summary>Creates a draft from a definition.</summary>
    public static TaskDraft Of(TaskDefinition definition)
    {
        var draft = new TaskDraft
        {
            Name = definition.Name ?? "",
            Type = definition.Type,
            FullBackup = definition.FullBackup,
            IncrementalBackup = definition.IncrementalBackup,
            TimeZone = definition.TimeZone,
            MinimumAgeDays = definition.Retention?.MinimumAgeDays,
            Mode = definition.Encryption?.Mode ?? EncryptionMode.None,
            Recipients = definition.Encryption is { Mode: EncryptionMode.Recipients } encryption
                ? string.Join('\n', encryption.Recipients)
                : "",
            EncryptSnapshots = definition.Encryption?.EncryptSnapshots ?? false,
            Destinations = [.. definition.Destinations],
            SpreadMinutes = definition.SpreadMinutes,
            VerifyEveryDays = definition.VerifyEveryDays,
            CompareEveryHours = definition.CompareEveryHours,
            ExistingBackups = definition.ExistingBackups,
            PreferredNode = definition.PreferredNode,
            Disabled = definition.Disabled,
        };
        draft.Excluded.AddRange(definition.Excluded);
        foreach (var (name, days) in definition.Retention?.Destinations ?? new Dictionary<string, double>())
        {
            draft.DestinationAges[name] = days;
        }
        return draft;
    }

    /// <summary>The definition to send to the API.</summary>
    public TaskDefinition ToDefinition() =>
        new()
        {
            Name = string.IsNullOrWhiteSpace(Name) ? null : Name.Trim(),
            Type = Type ?? BackupType.Snapshot,
            FullBackup = FullBackup,
            IncrementalBackup = IncrementalBackup,
            TimeZone = string.IsNullOrWhiteSpace(TimeZone) ? null : TimeZone.Trim(),
            Retention = MinimumAgeDays is { } days ? new(days) { Destinations = ChosenAges() } : null,
            Encryption = new()
            {
                Mode = Mode,
                Key = Mode == EncryptionMode.Key && UsesGivenKey && Key.Length > 0 ? Key.Trim() : null,
                Recipients =
                    Mode == EncryptionMode.Recipients
                        ? Recipients.Split(['\n', '\r', ' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                        : [],
                EncryptSnapshots = EncryptSnapshots,
            },
            Destinations = [.. Destinations],
            Excluded = [.. Excluded],
            SpreadMinutes = SpreadMinutes,
            VerifyEveryDays = VerifyEveryDays,
            CompareEveryHours = CompareEveryHours,
            ExistingBackups = ExistingBackups,
            PreferredNode = string.IsNullOrWhiteSpace(PreferredNode) ? null : PreferredNode.Trim(),
            Disabled = Disabled,
        };

    // A destination that is no longer selected needs no age.
    private Dictionary<string, double>? ChosenAges()
    {
        var ages = DestinationAges.Where(a => Destinations.Contains(a.Key)).ToDictionary(StringComparer.Ordinal);
        return ages.Count == 0 ? null : ages;
    }
}
