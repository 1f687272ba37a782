namespace Holdfast.Studio.Formatting;

/// <summary>URLs of pages.</summary>
public static class Links
{
    /// <summary>The ongoing tasks of a database.</summary>
    public static string Database(string id) => $"/databases/{Uri.EscapeDataString(id)}/tasks";

    /// <summary>The backups of a database.</summary>
    public static string Backups(string id) => $"/databases/{Uri.EscapeDataString(id)}/backups";

    /// <summary>The topology of a database.</summary>
    public static string Topology(string id) => $"/databases/{Uri.EscapeDataString(id)}/topology";

    /// <summary>The restore wizard for a database, a destination or a path, optionally at a restore point.</summary>
    public static string Restore(string from, string? point = null) =>
        $"/restore?from={Uri.EscapeDataString(from)}{(point is null ? "" : $"&point={Uri.EscapeDataString(point)}")}";

    /// <summary>An operation.</summary>
    public static string Operation(string id) => $"/operations/{Uri.EscapeDataString(id)}";

    /// <summary>A run of a server-wide backup task.</summary>
    public static string Run(string id) => $"/runs/{Uri.EscapeDataString(id)}";

    /// <summary>A server-wide backup task.</summary>
    public static string ServerWide(string name) => $"/server-wide-backup/{Uri.EscapeDataString(name)}";
}
