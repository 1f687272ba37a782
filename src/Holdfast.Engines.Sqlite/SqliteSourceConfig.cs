using Holdfast.Engines.Sources;

namespace Holdfast.Engines.Sqlite;

/// <summary>
/// Configuration of a directory of SQLite files. The name of a database is its path relative to the directory, with
/// <c>/</c> as separator.
/// </summary>
public sealed record SqliteSourceConfig : SourceConfig
{
    /// <summary>The directory.</summary>
    public required string Path { get; init; }

    /// <inheritdoc/>
    public override (string Key, string Path)? Folder => ("path", Path);

    /// <summary>Globs of the names of encrypted databases, whose files have no header to identify them.</summary>
    public IReadOnlyList<string> Encrypted { get; init; } = [];

    /// <summary>
    /// Identifies the directory if no identity file can be written to it; null to identify it by its location. If there
    /// is an identity file, its contents must be equal.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>
    /// Maximum time that writers of a database in rollback mode wait while its image is read; default 5 s. For a larger
    /// database or a slow destination, the image is copied to a spool file first, so that writers wait only for the
    /// copy; so is the image of a logical backup, unless it is small.
    /// </summary>
    public TimeSpan MaxWriterWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Folder of spool files; default the system's temporary folder. It contains images of unencrypted databases in
    /// plain text while they are read.
    /// </summary>
    public string SpoolFolder { get; init; } = System.IO.Path.GetTempPath();
}
