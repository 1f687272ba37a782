using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups;

/// <summary>One backup that is to be run.</summary>
/// <param name="Database">The database.</param>
/// <param name="Settings">What is asked for.</param>
/// <param name="Kind">The kind asked for.</param>
/// <param name="Task">Its task; null for a one-time backup.</param>
public sealed record BackupJob(DatabaseId Database, TaskSettings Settings, BackupKind Kind, BackupTask? Task)
{
    /// <summary>The run of a server-wide backup task that it belongs to; null for none.</summary>
    public string? RunId { get; init; }

    /// <summary>Only one with the same key waits or runs at a time.</summary>
    internal string Key => KeyOf(Task?.Id, Database);

    /// <summary>Jobs of one group take turns with those of others.</summary>
    internal string Group => Task is null ? "one-time" : Task.TemplateId ?? Task.Id;

    /// <summary>The key of the backups of a database by one task; its chains are those of nobody else.</summary>
    /// <param name="task">Id of the task; null for one-time backups.</param>
    /// <param name="database">The database.</param>
    internal static string KeyOf(string? task, DatabaseId database) => KeyOf(task, DatabaseFolder.PathOf(database));

    /// <summary>The same, by the path of the folder that the chains lie in.</summary>
    /// <param name="task">Id of the task; null for one-time backups.</param>
    /// <param name="folder">Path of the database's folder, the same at every destination.</param>
    internal static string KeyOf(string? task, string folder) => task ?? $"one-time {folder}";
}
