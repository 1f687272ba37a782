using Holdfast.Core.Encryption;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Converts stored settings to the definition that an operator would write to get them.</summary>
internal static class TaskDefinitionMapper
{
    /// <summary>The definition of a template; without its key.</summary>
    public static TaskDefinition ToDefinition(Template template) =>
        ToDefinition(template.Settings, template.Name) with
        {
            Excluded = template.Excluded,
            SpreadMinutes = template.Spread.TotalMinutes,
        };

    /// <summary>The definition of a regular task; without its key.</summary>
    public static TaskDefinition ToDefinition(RegularTask task) =>
        ToDefinition(task.Settings, task.Name) with
        {
            PreferredNode = task.PreferredNode,
        };

    private static RetentionDefinition ToDefinition(RetentionPolicy retention) =>
        new(retention.MinimumAge.TotalDays)
        {
            Destinations = retention.Destinations?.ToDictionary(d => d.Key, d => d.Value.TotalDays, StringComparer.Ordinal),
        };

    private static TaskDefinition ToDefinition(TaskSettings settings, string name) =>
        new()
        {
            Name = name,
            Type = settings.Type,
            FullBackup = settings.FullBackup,
            IncrementalBackup = settings.IncrementalBackup,
            TimeZone = settings.TimeZone,
            Retention = settings.Retention is { } retention ? ToDefinition(retention) : null,
            Encryption = new()
            {
                Mode = settings.Encryption.Mode,
                Recipients = settings.Encryption.Mode == EncryptionMode.None ? [] : settings.Encryption.Recipients,
                EncryptSnapshots = settings.Encryption.EncryptSnapshots,
            },
            Destinations = settings.Destinations,
            VerifyEveryDays = settings.VerifyEveryDays,
            CompareEveryHours = settings.CompareEveryHours,
            ExistingBackups = settings.ExistingBackups,
            Disabled = settings.Disabled,
        };
}
