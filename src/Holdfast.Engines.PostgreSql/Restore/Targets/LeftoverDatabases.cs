using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>Drops the databases of restores that were killed.</summary>
internal static class LeftoverDatabases
{
    /// <summary>Drops them, except those that a running restore is loading.</summary>
    public static async Task DropAsync(ServerGroup group, CancellationToken cancellationToken)
    {
        var (servers, _) = await group.ProbeAsync(cancellationToken);
        if (servers.FirstOrDefault(s => !s.IsStandby) is not { } primary)
        {
            return;
        }
        await using var connection = await group.ConnectAsync(primary, cancellationToken);
        try
        {
            // Only those that this role owns, because others belong to another installation. A database that is loaded
            // and only lacks its final name contains data that somebody needs.
            const string OwnLeftovers =
                "SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND pg_has_role(datdba, 'MEMBER') AND NOT "
                + "starts_with(coalesce(shobj_description(oid, 'pg_database'), ''), $2)";
            var found = await connection.QueryAsync(
                OwnLeftovers,
                r => r.GetString(0),
                cancellationToken,
                DatabaseNames.RestorePrefix,
                DatabaseRename.LoadedComment
            );
            foreach (var name in found)
            {
                if (
                    (
                        await connection.QueryAsync(
                            "SELECT pg_try_advisory_lock(hashtextextended($1, 0))",
                            r => r.GetBoolean(0),
                            cancellationToken,
                            name
                        )
                    )[0]
                )
                {
                    await TryDropAsync(connection, name, cancellationToken);
                }
            }
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, primary.Host.ToString());
        }
    }

    private static async Task TryDropAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync($"DROP DATABASE IF EXISTS {Sql.QuoteIdentifier(name)}", cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
        {
            // Its restore is running, and holds its lock where this session cannot see it.
        }
    }
}
