namespace Holdfast.Api.Backups;

/// <summary>A request to restore a restore point as a new database.</summary>
public sealed record RestoreRequest
{
    /// <summary>A database's id, <c>destination:NAME/path</c>, or an absolute path under one of the node's localRoots.</summary>
    public required string From { get; init; }

    /// <summary>The restore point: a time as in file names, an ISO time, or the id of an archive; null for the newest.</summary>
    public string? Point { get; init; }

    /// <summary>Id of the new database: <c>demo/new.db</c>.</summary>
    public required string Target { get; init; }

    /// <summary>
    /// Whether the new file gets the permissions of the original for owner and group. If false, only the user of the
    /// server can access it. SQLite only.
    /// </summary>
    public bool KeepMode { get; init; }

    /// <summary>
    /// Whether the new file gets the owner and group of the original, if the server has the right to change them.
    /// SQLite only.
    /// </summary>
    public bool KeepOwner { get; init; }

    /// <summary>
    /// Whether to omit objects that cannot be created; the warnings list them with their SQL. Rows are never omitted.
    /// PostgreSQL only.
    /// </summary>
    public bool ContinueOnError { get; init; }

    /// <summary>Keys to try in addition to those that the server stores. Used once, never stored.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}
