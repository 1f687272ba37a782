using Holdfast.Core.Cluster;

namespace Holdfast.Engines.Sqlite;

/// <summary>
/// A directory of SQLite files. A database's name is its path relative to the directory, with <c>/</c> between its
/// parts.
/// </summary>
public sealed record SqliteSourceConfig : SourceConfig
{
    /// <summary>The directory.</summary>
    public required string Path { get; init; }

    /// <summary>Globs of the names that are encrypted databases; their files have no header to know them by.</summary>
    public IReadOnlyList<string> Encrypted { get; init; } = [];

    /// <summary>Declared by the operator for directories that LiteFS, DRBD or <c>sqlite3_rsync</c> keep up to date.</summary>
    public DatabaseRole Role { get; init; } = DatabaseRole.Primary;

    /// <summary>
    /// What tells the directory from others where no id file can be written in it; null where its place does. Where
    /// there is an id file, it has to say this.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>
    /// How long writers of a database in rollback mode may be made to wait while its image is read; default 5 s. A larger database, or a
    /// slow destination, has its image copied to a spool file first, which holds writers only as long as the copy takes; so has one that a
    /// script is made of, unless it is small.
    /// </summary>
    public TimeSpan MaxWriterWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Folder for spool files; default the system's temporary folder. Images of unencrypted databases lie there in
    /// clear while they are read.
    /// </summary>
    public string SpoolFolder { get; init; } = System.IO.Path.GetTempPath();
}
