namespace Holdfast.Studio.Formatting;

/// <summary>Addresses of pages. Each can be shared.</summary>
public static class Links
{
    /// <summary>A database: its ongoing tasks.</summary>
    public static string Database(string id) => $"/databases/{Uri.EscapeDataString(id)}/tasks";

    /// <summary>A database's backups.</summary>
    public static string Backups(string id) => $"/databases/{Uri.EscapeDataString(id)}/backups";

    /// <summary>A database's group of nodes.</summary>
    public static string Topology(string id) => $"/databases/{Uri.EscapeDataString(id)}/topology";

    /// <summary>The restore wizard, begun.</summary>
    public static string Restore(string from, string? point = null) =>
        $"/restore?from={Uri.EscapeDataString(from)}{(point is null ? "" : $"&point={Uri.EscapeDataString(point)}")}";

    /// <summary>An operation.</summary>
    public static string Operation(string id) => $"/operations/{Uri.EscapeDataString(id)}";

    /// <summary>A run of a server-wide backup task.</summary>
    public static string Run(string id) => $"/runs/{Uri.EscapeDataString(id)}";

    /// <summary>A server-wide backup task.</summary>
    public static string ServerWide(string name) => $"/server-wide-backup/{Uri.EscapeDataString(name)}";
}
