namespace Holdfast.Engines.PostgreSql;

/// <summary>A PostgreSQL server, or a primary and its standbys, as the operator wrote it.</summary>
public sealed record PostgreSqlSourceConfig : SourceConfig
{
    /// <summary>The server, or all servers of the group: a backup runs on a standby where there is one, a restore on the primary. At least one.</summary>
    public required IReadOnlyList<PostgreSqlHost> Hosts { get; init; }

    /// <summary>The role that connects.</summary>
    public required string User { get; init; }

    /// <summary>Database that is connected to for all that belongs to no single database; default <c>postgres</c>.</summary>
    public string MaintenanceDatabase { get; init; } = "postgres";

    /// <summary>How connections are protected. Default: encrypted where the server offers it.</summary>
    public PostgreSqlTls Tls { get; init; }

    /// <summary>File with the certificates of trusted authorities; null for those of the system.</summary>
    public string? RootCertificate { get; init; }

    /// <summary>File that holds the password as its first line; null where there is none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>File in the format of <c>.pgpass</c>, readable by nobody else; null where there is none.</summary>
    public string? PassFile { get; init; }

    /// <summary>Gives the password when a connection is made; null where there is none, as with peer authentication. At most one of the three is given.</summary>
    public Func<CancellationToken, ValueTask<string?>>? Password { get; init; }

    /// <summary>Folders that <c>pg_dump</c> and <c>pg_restore</c> are looked for in, before PATH and the folders of Debian and Red Hat.</summary>
    public IReadOnlyList<string> ToolFolders { get; init; } = [];

    /// <summary>How long a connection may take; at least 1 s, default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a dump may wait for its locks on tables; at least 1 s, default 5 minutes. Who waits behind the dump, waits as long: an
    /// <c>ALTER TABLE</c> that is itself held up makes all later readers queue.
    /// </summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Folder for small private files while a tool runs; default the system's temporary folder. No data is put there.</summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();

    /// <summary>How databases are restored into this source.</summary>
    public PostgreSqlRestoreConfig Restore { get; init; } = new();
}
