namespace Holdfast.Engines.PostgreSql;

/// <summary>A PostgreSQL server, or a primary and its standbys, as the operator wrote it.</summary>
public sealed record PostgreSqlSourceConfig : SourceConfig
{
    /// <summary>
    /// The server, or all servers of the group: a backup runs on a standby where there is one, a restore on the
    /// primary. At least one.
    /// </summary>
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

    /// <summary>
    /// Gives the password when a connection is made; null where there is none, as with peer authentication. At most one
    /// of the three is given.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? Password { get; init; }

    /// <summary>
    /// Whether the environment and the home of the user that Holdfast runs as count, where the source has nothing of
    /// its own: <c>PGPASSWORD</c>, <c>PGPASSFILE</c>, <c>~/.pgpass</c>
    /// and client certificates. Default yes; not for an address that somebody else names, who would be sent that user's passwords.
    /// </summary>
    public bool UsesEnvironment { get; init; } = true;

    /// <summary>
    /// Folders that <c>pg_dump</c> and <c>pg_restore</c> are looked for in, before PATH and the folders of Debian and
    /// Red Hat.
    /// </summary>
    public IReadOnlyList<string> ToolFolders { get; init; } = [];

    /// <summary>How long a connection may take; at least 1 s, default 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a dump may wait for its locks on tables and views; at least 1 s, default 5 minutes. Who waits behind
    /// the dump, waits as long: an
    /// <c>ALTER TABLE</c> that is itself held up makes all later readers queue.
    /// </summary>
    public TimeSpan LockWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long nothing may come from a server that is waited for: no answer to a question, no byte of a dump, while no
    /// session of it works there. At least 1 s, default 5 minutes.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// After how long without a word an idle session sends one, so that no firewall forgets it; whole seconds, at least
    /// 1, default 60. Less than the patience of firewalls, which begins at some five minutes.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long somebody who is connected to a database in the making is waited for, before it is kept without its
    /// name; default 60 s.
    /// </summary>
    public TimeSpan RenameWait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Folder for small private files while a tool runs; default the system's temporary folder. No data is put there.</summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();

    /// <summary>How databases are restored into this source.</summary>
    public PostgreSqlRestoreConfig Restore { get; init; } = new();

    /// <summary>The role that restores connect as.</summary>
    internal string RestoreUser => Restore.User ?? User;

    /// <summary>
    /// The source as that role connects to it. A password of the other role is not its own; of a pass file it has a
    /// line of its own.
    /// </summary>
    internal PostgreSqlSourceConfig ForRestore =>
        RestoreUser == User ? this : this with { User = RestoreUser, Password = Restore.Password, PasswordFile = Restore.PasswordFile };
}
