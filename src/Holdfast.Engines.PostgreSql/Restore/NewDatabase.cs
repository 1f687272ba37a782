using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Discovery;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// A database in the making, under a name that discovery passes over. Two things tell whoever cleans up that its maker lives: a lock on its name, and a
/// connection to it, which a plain <c>DROP DATABASE</c> respects also where somebody else's lock is not seen.
/// </summary>
internal sealed class NewDatabase : IAsyncDisposable
{
    private readonly Connector _connector;
    private readonly NpgsqlConnection _maintenance;
    private readonly List<string> _roles = [];
    private NpgsqlConnection? _keeper;
    private bool _isMade;

    private NewDatabase(Connector connector, Server server, NpgsqlConnection maintenance, string name)
    {
        (_connector, Server, _maintenance, Name) = (connector, server, maintenance, name);
        TemporaryName = DatabaseNames.RestorePrefix + Guid.NewGuid().ToString("n");
    }

    /// <summary>The server.</summary>
    public Server Server { get; }

    /// <summary>The name that it shall have.</summary>
    public string Name { get; }

    /// <summary>The name that it has until then.</summary>
    public string TemporaryName { get; }

    /// <summary>A connection to the server, for what belongs to no single database.</summary>
    public NpgsqlConnection Maintenance => _maintenance;

    /// <summary>A connection to it.</summary>
    public NpgsqlConnection Keeper => _keeper ?? throw new InvalidOperationException("not made yet");

    /// <summary>Reserves the temporary name. Nothing is made yet.</summary>
    /// <exception cref="HoldfastException">The name is taken or none.</exception>
    public static async Task<NewDatabase> BeginAsync(Connector connector, ServerGroup group, string name, CancellationToken cancellationToken)
    {
        DatabaseNames.Check(name);
        var server = await group.PrimaryAsync(cancellationToken);
        var made = new NewDatabase(connector, server, await group.ConnectAsync(server, cancellationToken), name);
        try
        {
            if ((await made._maintenance.QueryAsync("SELECT 1 FROM pg_database WHERE datname = $1", r => r.GetInt32(0), cancellationToken, name)).Count > 0) throw made.Taken(null);
            await made._maintenance.QueryAsync("SELECT pg_advisory_lock(hashtextextended($1, 0))::text", r => r.GetString(0), cancellationToken, made.TemporaryName);
            await made._maintenance.RunAsync("SET synchronous_commit = on", cancellationToken); // once it has its name, it stays
            return made;
        }
        catch (Exception e)
        {
            await made.DisposeAsync();
            if (e is NpgsqlException) throw ServerFailure.Of(e, server.Host.ToString());
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

        _keeper = await _connector.ConnectAsync(Server.Host, TemporaryName, cancellationToken);
    }

    /// <summary>Gives it its name.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.TargetExists"/> when that was taken meanwhile.</exception>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CloseKeeperAsync(); // a database with a connection cannot be renamed
            await _maintenance.RunAsync($"ALTER DATABASE {Sql.Name(TemporaryName)} RENAME TO {Sql.Name(Name)}", cancellationToken);
            _isMade = false;
            _roles.Clear();
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

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseKeeperAsync();
        try
        {
            if (_isMade) await _maintenance.RunAsync($"DROP DATABASE IF EXISTS {Sql.Name(TemporaryName)} WITH (FORCE)", CancellationToken.None);
            foreach (var role in _roles) await _maintenance.RunAsync($"DROP ROLE {Sql.Name(role)}", CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The server is gone, and why is told already. What is left is removed at the next start.
        }

        await _maintenance.DisposeAsync();
    }

    private async ValueTask CloseKeeperAsync()
    {
        if (_keeper is not null) await _keeper.DisposeAsync();
        _keeper = null;
    }

    private HoldfastException Taken(Exception? cause) =>
        new(ErrorCatalogue.TargetExists, $"The database '{Name}' exists already on {Server.Host}.", "Restore never overwrites: choose another name, or drop or rename that one first.", cause);
}
