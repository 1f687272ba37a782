using System.Data;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>
/// A database that is being restored, under a temporary name that discovery ignores. Two things show a clean-up that
/// the restore is running: an advisory lock on its name, and a connection to it, which a plain <c>DROP DATABASE</c>
/// respects even if the other process's lock is not visible. The lock is taken before the database is created and
/// released after it is dropped or renamed; the guard connection is closed before the database is renamed or dropped.
/// </summary>
internal sealed class NewDatabase : IAsyncDisposable
{
    private const int RemovalSeconds = 300; // a busy server flushes a lot before it drops a database

    private readonly Connector _connector;
    private readonly Connector _restoreConnector;
    private readonly RestoreRole _role;
    private readonly NpgsqlConnection _maintenance;
    private readonly List<string> _createdRoles = [];
    private NpgsqlConnection? _guardConnection;
    private OwnershipTransfer? _ownershipTransfer;
    private bool _isCreated;

    private NewDatabase(
        Connector connector,
        Connector restoreConnector,
        RestoreRole role,
        Server server,
        SessionWatchdog watchdog,
        NpgsqlConnection maintenance,
        string name
    )
    {
        (_connector, _restoreConnector, _role, Server, Watchdog, _maintenance, Name) = (
            connector,
            restoreConnector,
            role,
            server,
            watchdog,
            maintenance,
            name
        );
        TemporaryName = DatabaseNames.RestorePrefix + Guid.NewGuid().ToString("n");
    }

    /// <summary>The server.</summary>
    public Server Server { get; }

    /// <summary>Whether the restore role has a temporary grant, because it does not own the database.</summary>
    public bool HasTemporaryGrant { get; private set; }

    /// <summary>Its encoding, after it was created.</summary>
    public string Encoding { get; private set; } = "UTF8";

    /// <summary>The watchdog of the restore.</summary>
    public SessionWatchdog Watchdog { get; }

    /// <summary>Its final name.</summary>
    public string Name { get; }

    /// <summary>Its temporary name.</summary>
    public string TemporaryName { get; }

    /// <summary>A connection to the maintenance database.</summary>
    public NpgsqlConnection Maintenance => _maintenance;

    /// <summary>A connection to the new database, as the restore role.</summary>
    public NpgsqlConnection GuardConnection => _guardConnection ?? throw new InvalidOperationException("not created yet");

    /// <summary>Reserves the temporary name. Nothing is created yet.</summary>
    /// <param name="connector">Connector of the role that creates databases.</param>
    /// <param name="restoreConnector">Connector of the role that loads dumps.</param>
    /// <param name="role">The role that loads dumps.</param>
    /// <param name="group">The servers.</param>
    /// <param name="name">The final name.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="HoldfastException">The name is taken or not valid.</exception>
    public static async Task<NewDatabase> BeginAsync(
        Connector connector,
        Connector restoreConnector,
        RestoreRole role,
        ServerGroup group,
        string name,
        CancellationToken cancellationToken
    )
    {
        DatabaseNames.Validate(name);
        var server = await group.GetPrimaryAsync(cancellationToken);
        var watchdog = group.CreateWatchdog(server, "restore", name, restoreConnector == connector ? null : restoreConnector);
        var database = new NewDatabase(
            connector,
            restoreConnector,
            role,
            server,
            watchdog,
            await group.ConnectAsync(server, cancellationToken, watchdog),
            name
        );
        try
        {
            await watchdog.RunAsync(database.ReserveAsync, cancellationToken);
            return database;
        }
        catch (Exception e)
        {
            await database.DisposeAsync();
            if (e is NpgsqlException)
            {
                throw ServerErrorTranslator.Translate(e, server.Host.ToString());
            }
            throw;
        }
    }

    /// <summary>Creates roles that it needs, without LOGIN. They are dropped if the restore fails.</summary>
    public async Task CreateRolesAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            await _maintenance.ExecuteAsync($"CREATE ROLE {Sql.QuoteIdentifier(name)} NOLOGIN", cancellationToken);
            _createdRoles.Add(name);
        }
    }

    /// <summary>Creates the empty database, with the encoding and locale of the backed-up one.</summary>
    public async Task CreateAsync(DatabaseMetadata metadata, string? owner, CancellationToken cancellationToken)
    {
        var sql = CreateDatabaseStatement.Build(TemporaryName, metadata, owner, Server);
        try
        {
            _isCreated = true; // also if only the reply was lost
            await _maintenance.ExecuteAsync(sql, cancellationToken);
        }
        catch (PostgresException e)
        {
            throw CreateDatabaseStatement.TranslateError(e, metadata, _maintenance.UserName!, Server);
        }

        // Nobody else can connect before the restore is complete; and a role that can only become the owner needs its
        // own CONNECT privilege.
        var name = Sql.QuoteIdentifier(TemporaryName);
        Encoding = metadata.Encoding;
        HasTemporaryGrant = owner is not null && owner != _role.Name;
        await _maintenance.ExecuteAsync(
            $"REVOKE ALL ON DATABASE {name} FROM PUBLIC"
                + (HasTemporaryGrant ? $"; GRANT ALL ON DATABASE {name} TO {Sql.QuoteIdentifier(_role.Name)}" : ""),
            cancellationToken
        );
        if (_role.IsDedicated)
        {
            var names = NameEncoding.GetEncoding(Encoding);
            _ownershipTransfer = new(
                token => _connector.ConnectAsync(Server.Host, TemporaryName, token, Watchdog, Encoding),
                Server,
                NameEncoding.ToDatabaseEncoding(_role.Name, names),
                NameEncoding.ToDatabaseEncoding(owner!, names)
            );
            await _ownershipTransfer.LendPublicSchemaAsync(cancellationToken);
        }

        _guardConnection = await _restoreConnector.ConnectAsync(Server.Host, TemporaryName, cancellationToken, Watchdog, Encoding);
    }

    /// <summary>Transfers the ownership of what a dedicated role has created.</summary>
    /// <returns>The number of objects that could not be transferred.</returns>
    public Task<long> TransferOwnershipAsync(CancellationToken cancellationToken) =>
        _ownershipTransfer is null ? Task.FromResult(0L) : _ownershipTransfer.RunAsync(cancellationToken);

    /// <summary>Opens another connection to the maintenance database, as the role that creates databases.</summary>
    public Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken) =>
        _connector.ConnectAsync(Server.Host, _maintenance.Database, cancellationToken);

    /// <summary>Gives the database its final name together with its grants: until then, nobody else can connect.</summary>
    /// <param name="grants">The grants: description and statement.</param>
    /// <param name="timeout">How long to wait for other sessions in the database.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>Grants that could not be restored, and a warning about terminated sessions; null if there were none.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.TargetExists"/> if the name was taken meanwhile;
    /// <see cref="ErrorCatalog.SourceLocked"/> if another session stays connected: the database is then kept under
    /// its temporary name.
    /// </exception>
    public async Task<(IReadOnlyList<string> Omissions, string? TerminationWarning)> CommitAsync(
        IReadOnlyList<(string What, string Sql)> grants,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await CloseGuardConnectionAsync(); // a database with a connection cannot be renamed
            var rename = new DatabaseRename(_maintenance, TemporaryName, Name, Watchdog.ApplicationName, grants);
            var isRenamed = await Watchdog.RunAsync(token => rename.RunAsync(timeout, token), cancellationToken);
            _isCreated = false;
            _createdRoles.Clear();
            return isRenamed
                ? (rename.Omissions, rename.TerminatedSessions)
                : throw await rename.KeepUnderTemporaryNameAsync(Server, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            throw Taken(e);
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, $"'{Name}' on {Server.Host}");
        }
    }

    /// <summary>Drops it and the roles created for it, unless it has its final name; terminates its sessions.</summary>
    /// <returns>Whether nothing is left.</returns>
    public async Task<bool> TryRemoveAsync()
    {
        await CloseGuardConnectionAsync();
        if (!_isCreated && _createdRoles.Count == 0)
        {
            return true;
        }
        try
        {
            await RemoveAsync();
            _isCreated = false;
            _createdRoles.Clear();
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or HoldfastException)
        {
            return false; // the server is gone, which has been reported; leftovers are removed at the next start
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await TryRemoveAsync();
        await _maintenance.DisposeAsync();
    }

    private async Task ReserveAsync(CancellationToken cancellationToken)
    {
        if (
            (
                await _maintenance.QueryAsync("SELECT 1 FROM pg_database WHERE datname = $1", r => r.GetInt32(0), cancellationToken, Name)
            ).Count > 0
        )
        {
            throw Taken(null);
        }
        await _maintenance.QueryAsync(
            "SELECT pg_advisory_lock(hashtextextended($1, 0))::text",
            r => r.GetString(0),
            cancellationToken,
            TemporaryName
        );
        // once it has its final name, it must be durable
        await _maintenance.ExecuteAsync("SET synchronous_commit = on", cancellationToken);
    }

    // A broken or unresponsive session cannot drop anything.
    private async Task RemoveAsync()
    {
        var isLost =
            Watchdog.HasAborted || _maintenance.FullState.HasFlag(ConnectionState.Broken) || _maintenance.State != ConnectionState.Open;
        await using var other = isLost ? await ConnectAsync(CancellationToken.None) : null;
        var connection = other ?? _maintenance;
        if (_isCreated)
        {
            await connection.ExecuteAsync(
                $"DROP DATABASE IF EXISTS {Sql.QuoteIdentifier(TemporaryName)} WITH (FORCE)",
                CancellationToken.None,
                RemovalSeconds
            );
        }
        foreach (var role in _createdRoles)
        {
            await connection.ExecuteAsync($"DROP ROLE {Sql.QuoteIdentifier(role)}", CancellationToken.None, RemovalSeconds);
        }
    }

    private async ValueTask CloseGuardConnectionAsync()
    {
        if (_guardConnection is not null)
        {
            await _guardConnection.DisposeAsync();
        }
        _guardConnection = null;
    }

    private HoldfastException Taken(Exception? cause) =>
        new(
            ErrorCatalog.TargetExists,
            $"The database '{Name}' already exists on {Server.Host}.",
            "Restore never overwrites: choose another name, or drop or rename that one first.",
            cause
        );
}
