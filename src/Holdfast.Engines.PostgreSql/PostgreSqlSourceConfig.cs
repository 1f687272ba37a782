using Holdfast.Engines.Sources;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Configuration of a PostgreSQL server, or of a primary and its standbys.</summary>
public sealed record PostgreSqlSourceConfig : SourceConfig
{
    /// <summary>
    /// The server, or all servers of the group: a backup uses a standby if there is one, a restore the primary. At
    /// least one.
    /// </summary>
    public required IReadOnlyList<PostgreSqlHost> Hosts { get; init; }

    /// <summary>The role that connects.</summary>
    public required string User { get; init; }

    /// <summary>
    /// Database to connect to for everything that does not concern a single database; default <c>postgres</c>.
    /// </summary>
    public string MaintenanceDatabase { get; init; } = "postgres";

    /// <summary>TLS mode of connections. Default: encrypted if the server supports it.</summary>
    public PostgreSqlTls Tls { get; init; }

    /// <summary>File with the certificates of trusted authorities; null for those of the system.</summary>
    public string? RootCertificate { get; init; }

    /// <summary>File with the password in its first line; null if there is none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>File in the format of <c>.pgpass</c>, readable only by its owner; null if there is none.</summary>
    public string? PassFile { get; init; }

    /// <summary>
    /// Returns the password for each new connection; null if there is none, as with peer authentication. Set at most
    /// one of the three.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? Password { get; init; }

    /// <summary>
    /// Whether the environment and the home directory of the user that runs Holdfast are used for what the source does
    /// not specify: <c>PGPASSWORD</c>, <c>PGPASSFILE</c>, <c>~/.pgpass</c> and client certificates. Default yes; must
    /// be no for an address given by another user, to whose server that user's passwords would be sent.
    /// </summary>
    public bool UsesEnvironment { get; init; } = true;

    /// <summary>
    /// Folders to search for <c>pg_dump</c> and <c>pg_restore</c>, before PATH and the folders of Debian and Red Hat.
    /// </summary>
    public IReadOnlyList<string> ToolFolders { get; init; } = [];

    /// <summary>Timeout of a connection attempt; at least 1 s, default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a dump may wait for its locks on tables and views; at least 1 s, default 5 minutes. Sessions queued
    /// behind the dump wait as long: a blocked <c>ALTER TABLE</c> makes all later readers wait.
    /// </summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a server may send nothing, neither a reply nor a byte of a dump, while none of its sessions works. At
    /// least 1 s, default 5 minutes.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Interval of keepalive messages in idle sessions, so that no firewall drops them; whole seconds, at least 1,
    /// default 60. Must be shorter than the timeout of firewalls, typically five minutes or more.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long to wait for other sessions to leave a restored database before it is kept under its temporary name;
    /// default 60 s.
    /// </summary>
    public TimeSpan RenameWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Folder for small private files while a tool runs; default the system's temporary folder. It never contains data.
    /// </summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();

    /// <summary>Configuration of restores into this source.</summary>
    public PostgreSqlRestoreConfig Restore { get; init; } = new();

    /// <summary>The role with which restores connect.</summary>
    internal string RestoreUser => Restore.User ?? User;

    /// <summary>
    /// The configuration with which that role connects. It does not inherit the password of the source's role; a pass
    /// file has a separate line for it.
    /// </summary>
    internal PostgreSqlSourceConfig ForRestore =>
        RestoreUser == User ? this : this with { User = RestoreUser, Password = Restore.Password, PasswordFile = Restore.PasswordFile };
}
