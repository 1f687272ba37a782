namespace Holdfast.Node.Catalog;

/// <summary>
/// The part of the catalog that says what it knows about the folders of databases at remote destinations. A folder is <em>known</em> if
/// it was listed once, and everything that was published there since is recorded: then the catalog is asked instead of the destination.
/// A publication is noted before it begins and settled when its archive is recorded, so that a crash or an unknown outcome in between
/// makes the folder unknown until it is listed again. Used by one thread at a time.
/// </summary>
/// <param name="connection">The connection.</param>
internal sealed class CatalogFolders(CatalogConnection connection)
{
    /// <summary>Whether the folder of a database at a destination is known.</summary>
    public bool IsKnown(string destination, string database) =>
        connection.QueryScalar(
            """
            SELECT 1 FROM known_folders WHERE destination = $destination AND database = $database AND NOT EXISTS (
              SELECT 1 FROM publications p WHERE p.destination = $destination AND p.database = $database)
            """,
            ("$destination", destination),
            ("$database", database)
        )
            is not null;

    /// <summary>Makes a folder known, because it was listed and recorded.</summary>
    public void SetKnown(string destination, string database) =>
        connection.Execute(
            "INSERT OR IGNORE INTO known_folders (destination, database) VALUES ($destination, $database)",
            ("$destination", destination),
            ("$database", database)
        );

    /// <summary>The version of the file for other servers as this node wrote it last; null if it has written none.</summary>
    public string? FindVersion(string destination, string database) =>
        connection.QueryScalar(
            "SELECT version FROM known_folders WHERE destination = $destination AND database = $database",
            ("$destination", destination),
            ("$database", database)
        ) as string;

    /// <summary>Sets the version of the file for other servers in a known folder.</summary>
    public void SetVersion(string destination, string database, string? version) =>
        connection.Execute(
            "UPDATE known_folders SET version = $version WHERE destination = $destination AND database = $database",
            ("$destination", destination),
            ("$database", database),
            ("$version", version)
        );

    /// <summary>Makes a folder unknown until it is listed again.</summary>
    public void SetUnknown(string destination, string database) =>
        connection.Execute(
            "DELETE FROM known_folders WHERE destination = $destination AND database = $database",
            ("$destination", destination),
            ("$database", database)
        );

    /// <summary>Notes that an archive of a task is about to be published.</summary>
    public void BeginPublication(string destination, string database, string? task) =>
        connection.Execute(
            "INSERT OR IGNORE INTO publications (destination, database, task) VALUES ($destination, $database, $task)",
            ("$destination", destination),
            ("$database", database),
            ("$task", task ?? "")
        );

    /// <summary>
    /// Settles what was published by a task: its outcome is recorded. The caller makes sure that no backup of the task is publishing.
    /// </summary>
    public void Settle(string destination, string database, string? task) =>
        connection.Execute(
            "DELETE FROM publications WHERE destination = $destination AND database = $database AND task = $task",
            ("$destination", destination),
            ("$database", database),
            ("$task", task ?? "")
        );

    /// <summary>Makes all folders of a destination unknown, because its name refers to another root from now on.</summary>
    public void Forget(string destination)
    {
        connection.Execute("DELETE FROM known_folders WHERE destination = $destination", ("$destination", destination));
        connection.Execute("DELETE FROM publications WHERE destination = $destination", ("$destination", destination));
    }
}
