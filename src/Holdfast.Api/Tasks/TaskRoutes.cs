namespace Holdfast.Api.Tasks;

/// <summary>Routes of the tasks of a database.</summary>
public static class TaskRoutes
{
    /// <summary>The tasks of a database.</summary>
    public const string List = "/databases/{id}/tasks";

    /// <summary>One task.</summary>
    public const string Item = "/databases/{id}/tasks/{taskId}";

    /// <summary>Starts a backup of a task.</summary>
    public const string Backup = "/databases/{id}/tasks/{taskId}/backup";

    /// <summary>Starts a repair of the destinations of a task.</summary>
    public const string Repair = "/databases/{id}/tasks/{taskId}/repair";

    /// <summary>Reveals the key of a task.</summary>
    public const string Key = "/databases/{id}/tasks/{taskId}/key";

    /// <summary>Starts a full backup without a task.</summary>
    public const string OneTimeBackup = "/databases/{id}/backup";
}
