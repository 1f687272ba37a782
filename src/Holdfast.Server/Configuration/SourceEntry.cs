using Holdfast.Core.Cluster;

namespace Holdfast.Server.Configuration;

/// <summary>
/// One source as the operator wrote it. The optional members belong to some engines only; the loader refuses them at
/// another.
/// </summary>
public sealed record SourceEntry
{
    /// <summary>Its name, by which database ids begin. Unique, whatever the case.</summary>
    public required string Name { get; init; }

    /// <summary>The engine: <c>sqlite</c> or <c>postgresql</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Globs of the names of databases that count; empty means all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Globs of the names of databases that do not count.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>What the source is to its databases, where they are replicated. Default primary.</summary>
    public DatabaseRole Role { get; init; } = DatabaseRole.Primary;

    /// <summary>SQLite: the directory, absolute. Needed.</summary>
    public string? Path { get; init; }

    /// <summary>SQLite: globs of the names that are encrypted databases; their files have no header to know them by.</summary>
    public IReadOnlyList<string> Encrypted { get; init; } = [];

    /// <summary>
    /// SQLite: what tells the directory from others where no id file can be written in it, 1 to 200 characters; null
    /// where its place does.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>SQLite: folder for spool files, absolute; null for the system's temporary folder.</summary>
    public string? SpoolFolder { get; init; }

    /// <summary>
    /// SQLite: how long writers of a database in rollback mode may be made to wait, in seconds, 0 to 3600; null for the
    /// engine's default.
    /// </summary>
    public double? MaxWriterWaitSeconds { get; init; }

    /// <summary>PostgreSQL: <c>postgresql://user@host[,host2][:port]</c>. Needed; never with a password.</summary>
    public string? Url { get; init; }

    /// <summary>PostgreSQL: file of mode 0600 whose first line is the password, absolute; null for none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>PostgreSQL: file in the format of <c>.pgpass</c>, absolute; null for the one in the home of the server's user.</summary>
    public string? PassFile { get; init; }

    /// <summary>
    /// PostgreSQL: folders with <c>pg_dump</c> and <c>pg_restore</c>, absolute; those of PATH and of Debian are looked
    /// at too.
    /// </summary>
    public IReadOnlyList<string> ToolFolders { get; init; } = [];

    /// <summary>PostgreSQL: how long a dump waits for its locks, in seconds, 1 to 86,400; null for the engine's default.</summary>
    public double? LockWaitSeconds { get; init; }

    /// <summary>
    /// PostgreSQL: how long nothing may come from a server that does not work for the backup or restore that waits for
    /// it, in seconds, 1 to 86,400; null for the engine's default.
    /// </summary>
    public double? StallSeconds { get; init; }

    /// <summary>PostgreSQL: how databases are restored into it; null for the engine's defaults.</summary>
    public RestoreEntry? Restore { get; init; }
}
