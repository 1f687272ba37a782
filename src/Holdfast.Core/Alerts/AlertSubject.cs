using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Alerts;

/// <summary>The object that an alert concerns; only the properties that apply are set.</summary>
public sealed record AlertSubject
{
    /// <summary>The node itself.</summary>
    public static readonly AlertSubject Node = new();

    /// <summary>Id of the database.</summary>
    public string? Database { get; init; }

    /// <summary>Id of the task.</summary>
    public string? Task { get; init; }

    /// <summary>Id of the server-wide backup task.</summary>
    public string? Template { get; init; }

    /// <summary>Name of the destination.</summary>
    public string? Destination { get; init; }

    /// <summary>Name of the source.</summary>
    public string? Source { get; init; }

    /// <summary>A database.</summary>
    public static AlertSubject Of(DatabaseId database) => new() { Database = database.ToString(), Source = database.Source };

    /// <summary>A task: its database, its id, and the template that it is derived from.</summary>
    public static AlertSubject Of(BackupTask task) => Of(task.Database) with { Task = task.Id, Template = task.TemplateId };
}
