using System.Globalization;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Discovery;

/// <summary>Finds the databases of a server.</summary>
internal sealed class DatabaseFinder(PostgreSqlSourceConfig config, ServerGroup group)
{
    private readonly NameGlobs _include = new(config.Include);
    private readonly NameGlobs _exclude = new(config.Exclude);

    // The size of one that this role may not connect to is a secret of its own. A limit of -2 marks one whose DROP was cut off.
    private const string Query = """
        SELECT datname, oid, has_database_privilege(oid, 'CONNECT'), datconnlimit,
               CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'MEMBER') THEN pg_database_size(oid) END
        FROM pg_database WHERE datallowconn AND NOT datistemplate
        """;

    /// <summary>Finds them, in the order of their names.</summary>
    public async Task<IReadOnlyList<DiscoveredDatabase>> FindAsync(CancellationToken cancellationToken)
    {
        var (servers, _) = await group.AskAsync(cancellationToken);
        await using var connection = await group.ConnectAsync(servers[0], cancellationToken);
        try
        {
            var found = await connection.QueryAsync(
                Query,
                r => new DiscoveredDatabase(r.GetString(0), r.IsDBNull(4) ? 0 : r.GetInt64(4), EncryptionState.No)
                {
                    Identity = Identity(servers[0], r.GetFieldValue<uint>(1)),
                    Problem = Problem(r.GetString(0), r.GetBoolean(2), r.GetInt32(3)),
                },
                cancellationToken);
            return [.. found.Where(d => !DatabaseNames.IsOurs(d.Name) && (config.Include.Count == 0 || _include.Matches(d.Name)) && !_exclude.Matches(d.Name)).OrderBy(d => d.Name, StringComparer.Ordinal)];
        }
        catch (NpgsqlException e)
        {
            throw ServerFailure.Of(e, servers[0].Host.ToString());
        }
    }

    /// <summary>What tells a database from all others, also after it was renamed; null where the group has no known identity.</summary>
    public static string? Identity(Server server, uint oid) => server.Identity is null ? null : string.Create(CultureInfo.InvariantCulture, $"{server.Identity}/{oid}");

    private HoldfastException? Problem(string name, bool mayConnect, int limit) => limit == -2
        ? new(ErrorCatalogue.SourceUnreadable, $"The database '{name}' was half dropped and takes no connections.", $"DROP DATABASE {Sql.Name(name)};")
        : mayConnect ? null : new(ErrorCatalogue.SourceUnreadable, $"'{config.User}' may not connect to the database '{name}'.", $"GRANT CONNECT ON DATABASE {Sql.Name(name)} TO {Sql.Name(config.User)};");
}
