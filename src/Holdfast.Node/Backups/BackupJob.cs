using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups;

/// <summary>A backup to run.</summary>
/// <param name="Database">The database.</param>
/// <param name="Settings">Settings of the backup.</param>
/// <param name="Kind">The requested kind.</param>
/// <param name="Task">Its task; null for a one-time backup.</param>
public sealed record BackupJob(DatabaseId Database, TaskSettings Settings, BackupKind Kind, BackupTask? Task)
{
    /// <summary>The run of a server-wide backup task that it belongs to; null if none.</summary>
    public string? RunId { get; init; }

    /// <summary>Only one job with the same key is queued or running at a time.</summary>
    internal string Key => KeyOf(Task?.Id, Database);

    /// <summary>Jobs of one group take turns with those of others.</summary>
    internal string Group => Task is null ? "one-time" : Task.TemplateId ?? Task.Id;

    /// <summary>The key of a task's backups of a database. Nothing else writes to the chains of that key.</summary>
    /// <param name="task">Id of the task; null for one-time backups.</param>
    /// <param name="database">The database.</param>
    internal static string KeyOf(string? task, DatabaseId database) => KeyOf(task, DatabaseFolder.PathOf(database));

    /// <summary>The key, by the folder that contains the chains.</summary>
    /// <param name="task">Id of the task; null for one-time backups.</param>
    /// <param name="folder">Path of the database's folder, the same at every destination.</param>
    internal static string KeyOf(string? task, string folder) => task ?? $"one-time {folder}";
}
