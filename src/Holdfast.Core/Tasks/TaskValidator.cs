using System.Globalization;
using System.Text;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Retention;
using Holdfast.Core.Scheduling;

namespace Holdfast.Core.Tasks;

/// <summary>
/// Validates tasks before they are stored. Each method returns all errors at once; an empty list means that the task is valid. What only
/// the server knows (names in use, existing destinations, readable keys) is checked there.
/// </summary>
public static class TaskValidator
{
    /// <summary>Maximum number of exclusions of a template.</summary>
    public const int MaxExclusions = 1_000;

    /// <summary>Maximum length of an exclusion, in characters.</summary>
    public const int MaxExclusionLength = 1_024;

    /// <summary>Maximum interval between two verifications of a chain, in days.</summary>
    public const int MaxVerifyDays = 365;

    /// <summary>Maximum interval between two comparisons of a database with its newest backup, in hours.</summary>
    public const int MaxCompareHours = 720;

    /// <summary>Validates a server-wide task.</summary>
    public static IReadOnlyList<ValidationError> Validate(Template template) =>
        [.. Name(template.Name), .. Validate(template.Settings), .. Excluded(template.Excluded), .. Spread(template)];

    /// <summary>Validates a regular task.</summary>
    public static IReadOnlyList<ValidationError> Validate(RegularTask task) =>
        [.. Name(task.Name), .. Validate(task.Settings), .. PreferredNode(task.PreferredNode)];

    /// <summary>Validates the settings that both have in common.</summary>
    public static IReadOnlyList<ValidationError> Validate(TaskSettings settings) =>
        [
            .. Type(settings),
            .. Schedules(settings),
            .. Retention(settings.Retention, settings.Destinations),
            .. Encryption(settings.Encryption),
            .. Destinations(settings.Destinations),
            .. Verification(settings.VerifyEveryDays),
            .. Comparison(settings.CompareEveryHours),
        ];

    private static IEnumerable<ValidationError> Name(string name)
    {
        const string field = "name";
        if (string.IsNullOrWhiteSpace(name))
        {
            yield return new(field, "The name is blank.", "Give the task a name.");
            yield break;
        }

        if (name.Length > TaskNames.MaxLength)
        {
            yield return new(field, $"The name has {name.Length} characters.", $"Use at most {TaskNames.MaxLength}.");
        }
        if (name.EnumerateRunes().Any(IsUnprintable))
        {
            yield return new(field, "The name contains unprintable characters.", "Remove line breaks and control characters.");
        }
        if (TaskNames.IsReserved(name))
        {
            yield return new(
                field,
                $"The name begins with '{TaskNames.ServerWidePrefix}', which is reserved.",
                "Choose a name with another prefix: this one marks the tasks derived from a server-wide task."
            );
        }
    }

    // Line breaks, and bidirectional controls that make a name look like another; an unpaired surrogate appears as the replacement
    // character.
    private static bool IsUnprintable(Rune rune) =>
        Rune.IsControl(rune) || rune == Rune.ReplacementChar || rune.Value is (>= 0x2028 and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static IEnumerable<ValidationError> Type(TaskSettings settings)
    {
        if (!Enum.IsDefined(settings.Type))
        {
            yield return new(
                "type",
                $"'{settings.Type}' is not a type of backup.",
                $"Use {nameof(BackupType.Backup)} or {nameof(BackupType.Snapshot)}."
            );
        }
    }

    private static IEnumerable<ValidationError> Schedules(TaskSettings settings)
    {
        if (CatchFailure(() => TimeZones.Find(settings.TimeZone, TimeZoneInfo.Utc)) is { } unknown)
        {
            yield return new("timeZone", unknown.Message, unknown.Hint!);
        }
        if (settings.FullBackup is null && settings.IncrementalBackup is null)
        {
            yield return new(
                "fullBackup",
                "The task has no schedule.",
                "Set a full or an incremental schedule, for example '0 2 * * 0' for every Sunday at 02:00."
            );
        }
        if (Schedule("fullBackup", settings.FullBackup) is { } full)
        {
            yield return full;
        }
        if (Schedule("incrementalBackup", settings.IncrementalBackup) is { } incremental)
        {
            yield return incremental;
        }
    }

    private static ValidationError? Schedule(string field, string? text)
    {
        if (text is null)
        {
            return null;
        }
        if (CatchFailure(() => CronSchedule.Parse(text, TimeZoneInfo.Utc)) is { } error)
        {
            return new(field, error.Message, error.Hint!);
        }
        return CronSchedule.Parse(text, TimeZoneInfo.Utc).HasOccurrences
            ? null
            : new(field, $"'{text}' never occurs.", "Choose a day that exists in the month.");
    }

    private static HoldfastException? CatchFailure(Func<object> read)
    {
        try
        {
            read();
            return null;
        }
        catch (HoldfastException e)
        {
            return e;
        }
    }

    private static IEnumerable<ValidationError> Retention(RetentionPolicy? policy, IReadOnlyList<string> destinations)
    {
        const string hint = "Keep them for at least 1 day, or omit retention to keep them for ever.";
        if (policy is not null && policy.MinimumAge < RetentionPolicy.MinimumAllowedAge)
        {
            yield return new("retention.minimumAgeDays", $"Backups would be kept for {FormatDays(policy.MinimumAge)} days.", hint);
        }
        foreach (
            var (name, age) in (policy?.Destinations ?? new Dictionary<string, TimeSpan>()).OrderBy(d => d.Key, StringComparer.Ordinal)
        )
        {
            if (!destinations.Contains(name))
            {
                yield return new(
                    "retention.destinations",
                    $"The task has no destination '{name}'.",
                    "Name one of its destinations, or remove the entry."
                );
            }
            else if (age < RetentionPolicy.MinimumAllowedAge)
            {
                yield return new("retention.destinations", $"Backups at '{name}' would be kept for {FormatDays(age)} days.", hint);
            }
        }
    }

    private static string FormatDays(TimeSpan age) => age.TotalDays.ToString("0.##", CultureInfo.InvariantCulture);

    private static IEnumerable<ValidationError> Encryption(EncryptionSettings encryption)
    {
        const string recipients = "encryption.recipients";
        if (!Enum.IsDefined(encryption.Mode))
        {
            yield return new("encryption.mode", $"'{encryption.Mode}' is not a mode of encryption.", "Use None, Key or Recipients.");
        }
        if (encryption.Mode == EncryptionMode.Recipients && encryption.Recipients.Count == 0)
        {
            yield return new(
                recipients,
                "Encryption to recipients is selected, but there are no recipients.",
                "Name one public key or more (age1…), or choose another mode."
            );
        }
        if (encryption.Mode == EncryptionMode.None && encryption.Recipients.Count > 0)
        {
            yield return new(recipients, "There are recipients, but encryption is off.", "Choose the mode Recipients, or remove them.");
        }
        if (encryption.Recipients.Any(string.IsNullOrWhiteSpace))
        {
            yield return new(recipients, "A recipient is blank.", "Remove it.");
        }
        if (FindDuplicate(encryption.Recipients) is { } duplicate)
        {
            yield return new(recipients, $"The recipient '{duplicate}' is listed twice.", "List each one once.");
        }
    }

    private static IEnumerable<ValidationError> Destinations(IReadOnlyList<string> destinations)
    {
        if (destinations.Any(string.IsNullOrWhiteSpace))
        {
            yield return new("destinations", "A destination is blank.", "Name a destination, or remove the entry.");
        }
        if (FindDuplicate(destinations) is { } duplicate)
        {
            yield return new("destinations", $"The destination '{duplicate}' is listed twice.", "List each one once.");
        }
    }

    private static IEnumerable<ValidationError> Verification(int? days)
    {
        if (days is < 1 or > MaxVerifyDays)
        {
            yield return new(
                "verifyEveryDays",
                $"Backups cannot be verified every {days} days.",
                $"Use 1 to {MaxVerifyDays}, or omit it for manual verification only."
            );
        }
    }

    private static IEnumerable<ValidationError> Comparison(int hours)
    {
        if (hours is < 1 or > MaxCompareHours)
        {
            yield return new(
                "compareEveryHours",
                $"Databases cannot be compared every {hours} hours.",
                $"Use 1 to {MaxCompareHours}, or omit it to compare once a day."
            );
        }
    }

    private static string? FindDuplicate(IReadOnlyList<string> names) =>
        names
            .Where(n => !string.IsNullOrWhiteSpace(n))
            .GroupBy(n => n, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(g => g.Count() > 1)
            ?.Key;

    private static IEnumerable<ValidationError> Excluded(IReadOnlyList<string> excluded)
    {
        const string field = "excluded";
        if (excluded.Count > MaxExclusions)
        {
            yield return new(
                field,
                $"There are {excluded.Count} exclusions.",
                $"Use at most {MaxExclusions}; a glob such as shop/tmp* matches many databases."
            );
        }
        var (blank, @long) = (Find(string.IsNullOrWhiteSpace), Find(e => e?.Length > MaxExclusionLength));
        if (blank >= 0)
        {
            yield return new(
                field,
                $"Exclusion {blank + 1} is blank.",
                "Name a database (shop/orders) or a glob (shop/tmp*), or remove it."
            );
        }
        if (@long >= 0)
        {
            yield return new(
                field,
                $"Exclusion {@long + 1} has {excluded[@long].Length} characters.",
                $"Use at most {MaxExclusionLength}."
            );
        }

        int Find(Func<string?, bool> wrong)
        {
            for (var i = 0; i < excluded.Count; i++)
            {
                if (wrong(excluded[i]))
                {
                    return i;
                }
            }

            return -1;
        }
    }

    // With a spread longer than the shortest period, a task would start after its next slot.
    private static IEnumerable<ValidationError> Spread(Template template)
    {
        if (template.Spread < TimeSpan.Zero)
        {
            yield return new("spreadMinutes", $"The spread is {FormatDuration(template.Spread)}.", "Use 0 for none.");
            yield break;
        }

        string?[] schedules = [template.Settings.FullBackup, template.Settings.IncrementalBackup];
        var shortest = schedules
            .OfType<string>()
            .Select(s => CronSchedule.TryParse(s, TimeZoneInfo.Utc, out var read) ? read.ShortestPeriod() : TimeSpan.MaxValue)
            .DefaultIfEmpty(TimeSpan.MaxValue)
            .Min();
        if (template.Spread >= shortest)
        {
            yield return new(
                "spreadMinutes",
                $"The spread of {FormatDuration(template.Spread)} is not shorter than the shortest time between two backups, "
                    + $"{FormatDuration(shortest)}.",
                "Use a shorter spread."
            );
        }
    }

    private static string FormatDuration(TimeSpan time) => time.ToString("c", CultureInfo.InvariantCulture);

    private static IEnumerable<ValidationError> PreferredNode(string? node)
    {
        if (node is not null && !ChainName.IsNodeTag(node))
        {
            yield return new("preferredNode", $"'{node}' is not a node's tag.", "A tag is 1 to 4 capitals, such as A.");
        }
    }
}
