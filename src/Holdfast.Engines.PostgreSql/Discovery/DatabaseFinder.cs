using System.Data.Common;
using System.Globalization;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.PostgreSql.Connections;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Discovery;

/// <summary>Discovers the databases of a server.</summary>
internal sealed class DatabaseFinder(PostgreSqlSourceConfig config, ServerGroup group)
{
    private readonly NameGlobs _include = new(config.Include);
    private readonly NameGlobs _exclude = new(config.Exclude);

    // A role without the right to connect is not allowed to read the size either.
    private const string Size =
        "CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'MEMBER') THEN pg_database_size(oid) END";

    /// <summary>Finds all databases, ordered by name.</summary>
    public async Task<IReadOnlyList<DiscoveredDatabase>> FindAsync(CancellationToken cancellationToken)
    {
        var (servers, _) = await group.ProbeAsync(cancellationToken);
        var watchdog = group.CreateWatchdog(servers[0], "discovery", config.Name); // measuring many databases may take long
        await using var connection = await group.ConnectAsync(servers[0], cancellationToken, watchdog);
        try
        {
            // Names are bytes without a defined encoding: with SQL_ASCII they are not converted, whatever the encoding
            // of the maintenance database.
            await connection.ExecuteAsync("SET client_encoding = 'SQL_ASCII'", cancellationToken);
            return ToDatabases(servers[0], await watchdog.RunAsync(token => ReadRowsAsync(connection, token), cancellationToken));
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, servers[0].Host.ToString());
        }
    }

    /// <summary>
    /// Explains which of the missing databases still exist but do not allow connections or were made templates.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, HoldfastException>> ExplainAbsenceAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    )
    {
        const string Hidden = "SELECT datname::text, datallowconn FROM pg_database WHERE NOT datallowconn OR datistemplate";
        var (servers, _) = await group.ProbeAsync(cancellationToken);
        await using var connection = await group.ConnectAsync(servers[0], cancellationToken);
        try
        {
            await connection.ExecuteAsync("SET client_encoding = 'SQL_ASCII'", cancellationToken);
            var hidden = await connection.QueryAsync(
                Hidden,
                r => (Name: NameEncoding.TryDecodeUtf8(r.GetFieldValue<byte[]>(0)), MayConnect: r.GetBoolean(1)),
                cancellationToken
            );
            var requested = names.ToHashSet(StringComparer.Ordinal);
            return hidden
                .Where(h => h.Name is not null && requested.Contains(h.Name) && IsIncluded(h.Name))
                .ToDictionary(h => h.Name!, h => NotUsable(h.Name!, h.MayConnect), StringComparer.Ordinal);
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, servers[0].Host.ToString());
        }
    }

    /// <summary>Returns an identity that a rename does not change; null if the identity of the group is unknown.</summary>
    public static string? CreateIdentity(Server server, uint oid) =>
        server.Identity is null ? null : string.Create(CultureInfo.InvariantCulture, $"{server.Identity}/{oid}");

    // A database with damaged files has no size, and must not hide the others.
    private static async Task<List<Row>> ReadRowsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.QueryAsync(Query(Size), Row.Read, cancellationToken);
        }
        catch (PostgresException)
        {
            return await connection.QueryAsync(Query("NULL::bigint"), Row.Read, cancellationToken);
        }
    }

    // A connection limit of -2 marks a database whose DROP was interrupted.
    private static string Query(string size) =>
        $"SELECT datname::text, oid, has_database_privilege(oid, 'CONNECT'), datconnlimit, {size} FROM pg_database WHERE "
        + "datallowconn AND NOT datistemplate";

    private List<DiscoveredDatabase> ToDatabases(Server server, List<Row> rows)
    {
        var found = new List<DiscoveredDatabase>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (row, text) in rows.Select(r => (r, NameEncoding.TryDecodeUtf8(r.Name))).OrderBy(r => r.Item2 is null))
        {
            var name = text ?? PlaceholderName.Create(row.Name);
            while (!names.Add(name))
            {
                name += "~"; // valid names come first and are not changed
            }
            if (!IsIncluded(name))
            {
                continue;
            }
            found.Add(
                new(name, row.Size, EncryptionState.No)
                {
                    Identity = CreateIdentity(server, row.Oid),
                    Problem = text is null ? InvalidName(name, row.Oid) : Problem(name, row.MayConnect, row.Limit),
                }
            );
        }

        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    private bool IsIncluded(string name) =>
        !DatabaseNames.IsTemporary(name) && (config.Include.Count == 0 || _include.Matches(name)) && !_exclude.Matches(name);

    private static HoldfastException NotUsable(string name, bool mayConnect) =>
        mayConnect
            ? new(
                ErrorCatalog.SourceUnreadable,
                $"The database '{name}' was made a template, and templates are not backed up.",
                $"ALTER DATABASE {Sql.QuoteIdentifier(name)} IS_TEMPLATE false; or exclude it."
            )
            : new(
                ErrorCatalog.SourceUnreadable,
                $"The database '{name}' exists but no longer allows connections.",
                $"ALTER DATABASE {Sql.QuoteIdentifier(name)} ALLOW_CONNECTIONS true; or exclude it."
            );

    private static HoldfastException InvalidName(string name, uint oid) =>
        new(
            ErrorCatalog.SourceUnreadable,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The name of the database with oid {oid} is not valid UTF-8, so Holdfast cannot connect to it; it is listed as '{name}'."
            ),
            string.Create(
                CultureInfo.InvariantCulture,
                $"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RENAME TO new_name', (SELECT datname FROM pg_database WHERE "
                    + $"oid = {oid})); END $$;"
            )
        );

    private HoldfastException? Problem(string name, bool mayConnect, int limit) =>
        limit == -2
            ? new(
                ErrorCatalog.SourceUnreadable,
                $"The database '{name}' was left behind by an interrupted DROP DATABASE and allows no connections.",
                $"DROP DATABASE {Sql.QuoteIdentifier(name)};"
            )
        : mayConnect ? null
        : new(
            ErrorCatalog.SourceUnreadable,
            $"'{config.User}' is not allowed to connect to the database '{name}'.",
            $"GRANT CONNECT ON DATABASE {Sql.QuoteIdentifier(name)} TO {Sql.QuoteIdentifier(config.User)};"
        );

    private sealed record Row(byte[] Name, uint Oid, bool MayConnect, int Limit, long Size)
    {
        public static Row Read(DbDataReader r) =>
            new(r.GetFieldValue<byte[]>(0), r.GetFieldValue<uint>(1), r.GetBoolean(2), r.GetInt32(3), r.IsDBNull(4) ? 0 : r.GetInt64(4));
    }
}
