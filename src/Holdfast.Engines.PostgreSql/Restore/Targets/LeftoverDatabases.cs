using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Restore.Targets;

/// <summary>Drops the databases of restores that were killed.</summary>
internal static class LeftoverDatabases
{
    /// <summary>Drops them; never one that a living restore is making.</summary>
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
            // Only those that this role owns: others are another installation's. One that is loaded and only lacks its
            // name is somebody's data.
            const string Ours =
                "SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND pg_has_role(datdba, 'MEMBER') AND NOT "
                + "starts_with(coalesce(shobj_description(oid, 'pg_database'), ''), $2)";
            var found = await connection.QueryAsync(
                Ours,
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
            // Its maker lives, and holds its lock where we do not see it.
        }
    }
}
