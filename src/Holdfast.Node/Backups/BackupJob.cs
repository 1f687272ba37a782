using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Backups;

/// <summary>One backup that is to be run.</summary>
/// <param name="Database">The database.</param>
/// <param name="Settings">What is asked for.</param>
/// <param name="Kind">The kind asked for.</param>
/// <param name="Task">Its task; null for a one-time backup.</param>
public sealed record BackupJob(DatabaseId Database, TaskSettings Settings, BackupKind Kind, BackupTask? Task)
{
    /// <summary>Only one with the same key waits or runs at a time.</summary>
    internal string Key => Task?.Id ?? $"one-time {Database}";

    /// <summary>Jobs of one group take turns with those of others.</summary>
    internal string Group => Task is null ? "one-time" : Task.TemplateId ?? Task.Id;
}
