using Holdfast.Core.Databases;
using Holdfast.Engines.Restores;

namespace Holdfast.Node.Restores;

/// <summary>A restore to run.</summary>
public sealed record RestoreJob
{
    /// <summary>
    /// Location of the backup: the id of a database (its backups at all destinations are searched), <c>destination:NAME</c>
    /// followed by a path there, or an absolute path under an allowed root.
    /// </summary>
    public required string From { get; init; }

    /// <summary>The restore point: a time as in file names, an ISO time, or the id of an archive; null for the newest.</summary>
    public string? Point { get; init; }

    /// <summary>Id of the new database. It must not exist.</summary>
    public required DatabaseId Target { get; init; }

    /// <summary>The file attributes to copy from the original; none by default.</summary>
    public FileRestoreOptions File { get; init; } = new();

    /// <summary>Whether objects that cannot be created are skipped and reported, if the engine supports that. Default no.</summary>
    public bool ContinueOnError { get; init; }

    /// <summary>
    /// Keys that may open the backup, in addition to those that the server stores: <c>AGE-SECRET-KEY-1…</c>, Base64, or
    /// <c>passphrase: …</c>. Never stored.
    /// </summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}
