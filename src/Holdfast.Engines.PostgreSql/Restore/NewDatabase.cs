using System.Data;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Discovery;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// A database in the making, under a name that discovery passes over. Two things tell whoever cleans up that its maker
/// lives: a lock on its name, and a
/// connection to it, which a plain <c>DROP DATABASE</c> respects also where somebody else's lock is not seen.
/// </summary>
internal sealed class NewDatabase : IAsyncDisposable
{
    private const int RemovalSeconds = 300; // a server that is at work flushes much before it drops a database

    private readonly Connector _connector;
    private readonly Connector _restorer;
    private readonly RestoreRole _role;
    private readonly NpgsqlConnection _maintenance;
    private readonly List<string> _roles = [];
    private NpgsqlConnection? _keeper;
    private HandOver? _handOver;
    private bool _isMade;

    private NewDatabase(
        Connector connector,
        Connector restorer,
        RestoreRole role,
        Server server,
        SessionWatch watch,
        NpgsqlConnection maintenance,
        string name
    )
    {
        (_connector, _restorer, _role, Server, Watch, _maintenance, Name) = (connector, restorer, role, server, watch, maintenance, name);
        TemporaryName = DatabaseNames.RestorePrefix + Guid.NewGuid().ToString("n");
    }

    /// <summary>The server.</summary>
    public Server Server { get; }

    /// <summary>Whether the role that restores was let in although it does not own it.</summary>
    public bool IsLent { get; private set; }

    /// <summary>Its encoding, once it is made.</summary>
    public string Encoding { get; private set; } = "UTF8";

    /// <summary>Watches over its making.</summary>
    public SessionWatch Watch { get; }

    /// <summary>The name that it shall have.</summary>
    public string Name { get; }

    /// <summary>The name that it has until then.</summary>
    public string TemporaryName { get; }

    /// <summary>A connection to the server, for what belongs to no single database.</summary>
    public NpgsqlConnection Maintenance => _maintenance;

    /// <summary>A connection to it, as the role that restores.</summary>
    public NpgsqlConnection Keeper => _keeper ?? throw new InvalidOperationException("not made yet");

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
        DatabaseNames.Check(name);
        var server = await group.PrimaryAsync(cancellationToken);
        var watch = group.Watch(server, "restore", name, restorer == connector ? null : restorer);
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
                throw ServerFailure.Of(e, server.Host.ToString());
            }
            throw;
        }
    }

    /// <summary>Makes roles that it needs, which may not log in. They go again when it does not come to be.</summary>
    public async Task MakeRolesAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            await _maintenance.RunAsync($"CREATE ROLE {Sql.Name(name)} NOLOGIN", cancellationToken);
            _roles.Add(name);
        }
    }

    /// <summary>Makes it, empty, with the encoding and locale of the one that was backed up.</summary>
    public async Task MakeAsync(Surroundings around, string? owner, CancellationToken cancellationToken)
    {
        var sql = CreateStatement.For(TemporaryName, around, owner, Server);
        try
        {
            _isMade = true; // also when only the answer was lost
            await _maintenance.RunAsync(sql, cancellationToken);
        }
        catch (PostgresException e)
        {
            throw CreateStatement.Failed(e, around, _maintenance.UserName!, Server);
        }

        // Nobody else gets in before it is whole; and who only may become its owner needs a right to connect of its own.
        var name = Sql.Name(TemporaryName);
        Encoding = around.Encoding;
        IsLent = owner is not null && owner != _role.Name;
        await _maintenance.RunAsync(
            $"REVOKE ALL ON DATABASE {name} FROM PUBLIC{(IsLent ? $"; GRANT ALL ON DATABASE {name} TO {Sql.Name(_role.Name)}" : "")}",
            cancellationToken
        );
        if (_role.IsApart)
        {
            var names = NameEncoding.Of(Encoding);
            _handOver = new(
                token => _connector.ConnectAsync(Server.Host, TemporaryName, token, Watch, Encoding),
                Server,
                NameEncoding.Inside(_role.Name, names),
                NameEncoding.Inside(owner!, names)
            );
            await _handOver.LendAsync(cancellationToken);
        }

        _keeper = await _restorer.ConnectAsync(Server.Host, TemporaryName, cancellationToken, Watch, Encoding);
    }

    /// <summary>Hands what a role of its own has made over to the owner, and takes back what that role was lent.</summary>
    /// <returns>How many objects could not be handed over.</returns>
    public Task<long> HandOverAsync(CancellationToken cancellationToken) =>
        _handOver is null ? Task.FromResult(0L) : _handOver.RunAsync(cancellationToken);

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
            await CloseKeeperAsync(); // a database with a connection cannot be renamed
            var naming = new Naming(_maintenance, TemporaryName, Name, Watch.Application, grants);
            var isNamed = await Watch.RunAsync(token => naming.RunAsync(patience, token), cancellationToken);
            _isMade = false;
            _roles.Clear();
            return isNamed ? (naming.LeftOut, naming.Ended) : throw await naming.KeepAsync(Server, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            throw Taken(e);
        }
        catch (NpgsqlException e)
        {
            throw ServerFailure.Of(e, $"'{Name}' on {Server.Host}");
        }
    }

    /// <summary>Removes it, with what was made for it, unless it has its name; ends its sessions.</summary>
    /// <returns>Whether nothing is left.</returns>
    public async Task<bool> TryRemoveAsync()
    {
        await CloseKeeperAsync();
        if (!_isMade && _roles.Count == 0)
        {
            return true;
        }
        try
        {
            await RemoveAsync();
            _isMade = false;
            _roles.Clear();
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
        await _maintenance.RunAsync("SET synchronous_commit = on", cancellationToken); // once it has its name, it stays
    }

    // A session that broke, or that nothing comes from any more, removes nothing.
    private async Task RemoveAsync()
    {
        var isLost =
            Watch.HasGivenUp || _maintenance.FullState.HasFlag(ConnectionState.Broken) || _maintenance.State != ConnectionState.Open;
        await using var other = isLost ? await ConnectAsync(CancellationToken.None) : null;
        var connection = other ?? _maintenance;
        if (_isMade)
        {
            await connection.RunAsync(
                $"DROP DATABASE IF EXISTS {Sql.Name(TemporaryName)} WITH (FORCE)",
                CancellationToken.None,
                RemovalSeconds
            );
        }
        foreach (var role in _roles)
        {
            await connection.RunAsync($"DROP ROLE {Sql.Name(role)}", CancellationToken.None, RemovalSeconds);
        }
    }

    private async ValueTask CloseKeeperAsync()
    {
        if (_keeper is not null)
        {
            await _keeper.DisposeAsync();
        }
        _keeper = null;
    }

    private HoldfastException Taken(Exception? cause) =>
        new(
            ErrorCatalogue.TargetExists,
            $"The database '{Name}' exists already on {Server.Host}.",
            "Restore never overwrites: choose another name, or drop or rename that one first.",
            cause
        );
}
