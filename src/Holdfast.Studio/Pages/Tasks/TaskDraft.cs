using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>A server-wide or regular task while a person edits it.</summary>
public sealed class TaskDraft
{
    /// <summary>Name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Logical or snapshot; null until it is chosen, for it is a decision.</summary>
    public BackupType? Type { get; set; }

    /// <summary>Cron expression; null for no full backups.</summary>
    public string? FullBackup { get; set; } = "0 2 * * 0";

    /// <summary>Cron expression; null for no incrementals.</summary>
    public string? IncrementalBackup { get; set; } = "0 2 * * *";

    /// <summary>IANA name; null for the node's.</summary>
    public string? TimeZone { get; set; }

    /// <summary>Days; null for ever.</summary>
    public double? MinimumAgeDays { get; set; } = 14;

    /// <summary>None, key or recipients.</summary>
    public EncryptionMode Mode { get; set; }

    /// <summary>Whether a key is pasted; else one is made, or the present one kept.</summary>
    public bool UsesGivenKey { get; set; }

    /// <summary>The key that was pasted.</summary>
    public string Key { get; set; } = "";

    /// <summary>Public keys, one on each line.</summary>
    public string Recipients { get; set; } = "";

    /// <summary>Whether snapshots of unencrypted databases are encrypted too.</summary>
    public bool EncryptSnapshots { get; set; }

    /// <summary>Names of destinations.</summary>
    public IReadOnlyCollection<string> Destinations { get; set; } = [];

    /// <summary>Ids and globs that are left out.</summary>
    public List<string> Excluded { get; } = [];

    /// <summary>Window over which starts are staggered, in minutes.</summary>
    public double SpreadMinutes { get; set; }

    /// <summary>In how many days each chain is verified once; null for never by itself.</summary>
    public int? VerifyEveryDays { get; set; }

    /// <summary>In how many hours a database that seems unchanged is compared in full with its newest backup.</summary>
    public int CompareEveryHours { get; set; } = 24;

    /// <summary>Regular only: the node that should run it.</summary>
    public string? PreferredNode { get; set; }

    /// <summary>Whether it is switched off.</summary>
    public bool Disabled { get; set; }

    /// <summary>Begins to edit one.</summary>
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
            PreferredNode = definition.PreferredNode,
            Disabled = definition.Disabled,
        };
        draft.Excluded.AddRange(definition.Excluded);
        return draft;
    }

    /// <summary>What is sent to the API.</summary>
    public TaskDefinition ToDefinition() =>
        new()
        {
            Name = string.IsNullOrWhiteSpace(Name) ? null : Name.Trim(),
            Type = Type ?? BackupType.Snapshot,
            FullBackup = FullBackup,
            IncrementalBackup = IncrementalBackup,
            TimeZone = string.IsNullOrWhiteSpace(TimeZone) ? null : TimeZone.Trim(),
            Retention = MinimumAgeDays is { } days ? new(days) : null,
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
            PreferredNode = string.IsNullOrWhiteSpace(PreferredNode) ? null : PreferredNode.Trim(),
            Disabled = Disabled,
        };
}
