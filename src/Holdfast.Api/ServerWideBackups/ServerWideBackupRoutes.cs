namespace Holdfast.Api.ServerWideBackups;

/// <summary>Routes of server-wide backup tasks.</summary>
public static class ServerWideBackupRoutes
{
    /// <summary>All tasks.</summary>
    public const string List = "/server-wide-backups";

    /// <summary>One task.</summary>
    public const string Item = "/server-wide-backups/{name}";

    /// <summary>Previews a definition.</summary>
    public const string Preview = "/server-wide-backups/{name}/preview";

    /// <summary>Backs up all its databases.</summary>
    public const string Backup = "/server-wide-backups/{name}/backup";

    /// <summary>Starts a repair of its destinations, for all its databases.</summary>
    public const string Repair = "/server-wide-backups/{name}/repair";

    /// <summary>Reveals its key.</summary>
    public const string Key = "/server-wide-backups/{name}/key";
}
