using System.Data;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>
/// A database in the making, under a name that discovery passes over. Two things tell whoever cleans up that its maker
/// lives: a lock on its name, and a
/// connection to it, which a plain <c>DROP DATABASE</c> respects also where somebody else's lock is not seen.
/// </summary>
internal sealed class NewDatabase : IAsyncDisposable
{
    private const int RemovalSeconds = 300; // a server that is at work flushes much before it drops a database

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
        Connector restorer,
        RestoreRole role,
        Server server,
        SessionWatchdog watch,
        NpgsqlConnection maintenance,
        string name
    )
    {
        (_connector, _restoreConnector, _role, Server, Watchdog, _maintenance, Name) = (
            connector,
            restorer,
            role,
            server,
            watch,
            maintenance,
            name
        );
        TemporaryName = DatabaseNames.RestorePrefix + Guid.NewGuid().ToString("n");
    }

    /// <summary>The server.</summary>
    public Server Server { get; }

    /// <summary>Whether the role that restores was let in although it does not own it.</summary>
    public bool HasTemporaryGrant { get; private set; }

    /// <summary>Its encoding, once it is made.</summary>
    public string Encoding { get; private set; } = "UTF8";

    /// <summary>Watches over its making.</summary>
    public SessionWatchdog Watchdog { get; }

    /// <summary>The name that it shall have.</summary>
    public string Name { get; }

    /// <summary>The name that it has until then.</summary>
    public string TemporaryName { get; }

    /// <summary>A connection to the server, for what belongs to no single database.</summary>
    public NpgsqlConnection Maintenance => _maintenance;

    /// <summary>A connection to it, as the role that restores.</summary>
    public NpgsqlConnection GuardConnection => _guardConnection ?? throw new InvalidOperationException("not made yet");

    /// <summary>Reserves the temporary name. Nothing is made yet.</summary>
    /// <param name="connector">Connects as the role that makes databases.</param>
    /// <param name="restorer">Connects as the one that loads dumps.</param>
    /// <param name="role">The one that loads dumps.</param>
    /// <param name="group">The servers.</param>
    /// <param name="name">The name that it shall have.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">The name is taken or none.</exception>
    public static async Task<NewDatabase> BeginAsync(
        Connector connector,
        Connector restorer,
        RestoreRole role,
        ServerGroup group,
        string name,
        CancellationToken cancellationToken
    )
    {
        DatabaseNames.Validate(name);
        var server = await group.GetPrimaryAsync(cancellationToken);
        var watch = group.CreateWatchdog(server, "restore", name, restorer == connector ? null : restorer);
        var made = new NewDatabase(
            connector,
            restorer,
            role,
            server,
            watch,
            await group.ConnectAsync(server, cancellationToken, watch),
            name
        );
        try
        {
            await watch.RunAsync(made.ReserveAsync, cancellationToken);
            return made;
        }
        catch (Exception e)
        {
            await made.DisposeAsync();
            if (e is NpgsqlException)
            {
                throw ServerErrorTranslator.Translate(e, server.Host.ToString());
            }
            throw;
        }
    }

    /// <summary>Makes roles that it needs, which may not log in. They go again when it does not come to be.</summary>
    public async Task CreateRolesAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            await _maintenance.ExecuteAsync($"CREATE ROLE {Sql.QuoteIdentifier(name)} NOLOGIN", cancellationToken);
            _createdRoles.Add(name);
        }
    }

    /// <summary>Makes it, empty, with the encoding and locale of the one that was backed up.</summary>
    public async Task CreateAsync(DatabaseMetadata around, string? owner, CancellationToken cancellationToken)
    {
        var sql = CreateDatabaseStatement.Build(TemporaryName, around, owner, Server);
        try
        {
            _isCreated = true; // also when only the answer was lost
            await _maintenance.ExecuteAsync(sql, cancellationToken);
        }
        catch (PostgresException e)
        {
            throw CreateDatabaseStatement.TranslateError(e, around, _maintenance.UserName!, Server);
        }

        // Nobody else gets in before it is whole; and who only may become its owner needs a right to connect of its own.
        var name = Sql.QuoteIdentifier(TemporaryName);
        Encoding = around.Encoding;
        HasTemporaryGrant = owner is not null && owner != _role.Name;
        await _maintenance.ExecuteAsync(
            $"REVOKE ALL ON DATABASE {name} FROM PUBLIC{(HasTemporaryGrant ? $"; GRANT ALL ON DATABASE {name} TO {Sql.QuoteIdentifier(_role.Name)}" : "")}",
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

    /// <summary>Hands what a role of its own has made over to the owner, and takes back what that role was lent.</summary>
    /// <returns>How many objects could not be handed over.</returns>
    public Task<long> TransferOwnershipAsync(CancellationToken cancellationToken) =>
        _ownershipTransfer is null ? Task.FromResult(0L) : _ownershipTransfer.RunAsync(cancellationToken);

    /// <summary>Opens another connection to the server, as the role that makes databases.</summary>
    public Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken) =>
        _connector.ConnectAsync(Server.Host, _maintenance.Database, cancellationToken);

    /// <summary>Gives it its name and, with it, its grants: until then nobody else gets in.</summary>
    /// <param name="grants">The grants: what each is, and its statement.</param>
    /// <param name="patience">How long somebody who is connected to it all the same is waited for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Grants that could not be restored, and whose sessions were ended; null for nobody's.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.TargetExists"/> when the name was taken meanwhile;
    /// <see cref="ErrorCatalogue.SourceLocked"/> when somebody stays connected: the database is then kept under its
    /// temporary name.
    /// </exception>
    public async Task<(IReadOnlyList<string> LeftOut, string? Ended)> CommitAsync(
        IReadOnlyList<(string What, string Sql)> grants,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await CloseGuardConnectionAsync(); // a database with a connection cannot be renamed
            var naming = new DatabaseRename(_maintenance, TemporaryName, Name, Watchdog.ApplicationName, grants);
            var isNamed = await Watchdog.RunAsync(token => naming.RunAsync(patience, token), cancellationToken);
            _isCreated = false;
            _createdRoles.Clear();
            return isNamed
                ? (naming.LeftOut, naming.TerminatedSessions)
                : throw await naming.KeepUnderTemporaryNameAsync(Server, cancellationToken);
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

    /// <summary>Removes it, with what was made for it, unless it has its name; ends its sessions.</summary>
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
            return false; // the server is gone, and why is told already. What is left is removed at the next start.
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
        await _maintenance.ExecuteAsync("SET synchronous_commit = on", cancellationToken); // once it has its name, it stays
    }

    // A session that broke, or that nothing comes from any more, removes nothing.
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
            ErrorCatalogue.TargetExists,
            $"The database '{Name}' exists already on {Server.Host}.",
            "Restore never overwrites: choose another name, or drop or rename that one first.",
            cause
        );
}
