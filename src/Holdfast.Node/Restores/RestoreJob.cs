using Holdfast.Core.Databases;
using Holdfast.Engines;

namespace Holdfast.Node.Restores;

/// <summary>What is to be restored, and as what.</summary>
public sealed record RestoreJob
{
    /// <summary>
    /// Where the backup is: a database's id (its backups at the destinations are looked for), <c>destination:NAME</c>
    /// and a path there, or an absolute path under an allowed root.
    /// </summary>
    public required string From { get; init; }

    /// <summary>Which point: a time as in file names, an ISO time, or an archive's id; null for the newest.</summary>
    public string? Point { get; init; }

    /// <summary>The new database. It must not exist.</summary>
    public required DatabaseId Target { get; init; }

    /// <summary>What the new database's file takes over of the original one; nothing by default.</summary>
    public FileRestoreOptions File { get; init; } = new();

    /// <summary>Whether objects that cannot be made are left out and told, where the engine can do that. Default no.</summary>
    public bool ContinueOnError { get; init; }

    /// <summary>
    /// Keys that may open it, besides those that the server keeps: <c>AGE-SECRET-KEY-1…</c>, Base64, or <c>passphrase:
    /// …</c>. Never stored.
    /// </summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}
