namespace Holdfast.Api.Backups;

/// <summary>A restore point that becomes a new database.</summary>
public sealed record RestoreRequest
{
    /// <summary>A database's id, <c>destination:NAME/path</c>, or an absolute path under one of the node's localRoots.</summary>
    public required string From { get; init; }

    /// <summary>A time as in file names, an ISO time, or an archive's id; null for the newest.</summary>
    public string? Point { get; init; }

    /// <summary>Id of the new database: <c>demo/new.db</c>.</summary>
    public required string Target { get; init; }

    /// <summary>
    /// Whether the new file gets the mode of the original: what owner and group may read and write. Without it only the
    /// server's user may. SQLite only.
    /// </summary>
    public bool KeepMode { get; init; }

    /// <summary>Whether the new file gets the owner and group of the original, where the server may give files away. SQLite only.</summary>
    public bool KeepOwner { get; init; }

    /// <summary>
    /// Whether objects that cannot be made are left out, and listed with their SQL among the warnings; rows are never
    /// left out. PostgreSQL only.
    /// </summary>
    public bool ContinueOnError { get; init; }

    /// <summary>Keys that may open it, besides those that the server keeps. Used once, never stored.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}
