using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Discovery;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Holdfast.Engines.PostgreSql.Tools;
using Holdfast.Engines.Sources;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>
/// Tests a source before it is used: its servers, the client programs, and the privileges of its role. Everything that
/// is missing is reported with the SQL or the package that provides it.
/// </summary>
internal sealed class ConnectionTest(
    PostgreSqlSourceConfig config,
    ServerGroup group,
    DatabaseFinder finder,
    ToolFinder tools,
    RestoreRole restoreRole
)
{
    /// <summary>The first major version with a role that can read all tables and nothing else.</summary>
    internal const int FirstMajorWithReadAllData = 14;

    private readonly List<HoldfastException> _problems = [];
    private readonly List<HoldfastException> _notes = [];

    /// <summary>Runs the test. Can be called once.</summary>
    public async Task<ConnectionTestResult> RunAsync(CancellationToken cancellationToken)
    {
        SourceInfo? info = null;
        var databases = 0;
        try
        {
            var (servers, failures) = await group.ProbeAsync(cancellationToken);
            info = new(servers[0].Identity, servers[0].ShortVersion, servers[0].Role);
            _notes.AddRange(failures);
            if (servers.All(s => s.IsStandby))
            {
                _notes.Add(
                    new(
                        ErrorCatalog.NotAllowed,
                        "Only standbys answer: databases can be backed up, but not restored.",
                        "Add the primary to the hosts of the source."
                    )
                );
            }
            await CheckToolAsync(Tool.Dump, servers, _problems, cancellationToken);
            await CheckToolAsync(Tool.Restore, servers, _notes, cancellationToken);
            await CheckRoleAsync(servers[0], cancellationToken);
            foreach (var database in await finder.FindAsync(cancellationToken))
            {
                databases++;
                if (database.Problem is { } problem)
                {
                    _problems.Add(problem);
                }
            }
        }
        catch (HoldfastException e)
        {
            _problems.Add(e);
        }

        return new(info, databases, _problems, _notes);
    }

    private async Task CheckToolAsync(
        string name,
        IReadOnlyList<Server> servers,
        List<HoldfastException> missing,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var tool = await tools.FindAsync(name, servers.Max(s => s.Major), cancellationToken);
            if (tool.VulnerabilityWarning is { } warning)
            {
                _notes.Add(new(ErrorCatalog.NotAllowed, warning, "Update its package."));
            }
        }
        catch (HoldfastException e)
        {
            missing.Add(e);
        }
    }

    private async Task CheckRoleAsync(Server server, CancellationToken cancellationToken)
    {
        await using var connection = await group.ConnectAsync(server, cancellationToken);
        try
        {
            // Before version 14, only a superuser can read all tables: there is no read-only role for it.
            var query =
                "SELECT rolsuper, rolbypassrls, rolcreatedb, "
                + $"{(server.Major >= FirstMajorWithReadAllData ? "pg_has_role('pg_read_all_data', 'MEMBER')" : "rolsuper")} FROM "
                + "pg_roles WHERE rolname = current_user";
            var (isSuperuser, seesRows, makesDatabases, readsAll) = (
                await connection.QueryAsync(
                    query,
                    r => (r.GetBoolean(0), r.GetBoolean(1), r.GetBoolean(2), r.GetBoolean(3)),
                    cancellationToken
                )
            )[0];
            var name = Sql.QuoteIdentifier(config.User);
            if (server.MessageLanguage is { } language && server.LanguageOverrideRole is null)
            {
                _notes.Add(
                    Note(
                        $"The server's messages for '{config.User}' are in '{language}': missing privileges are not reported, and a "
                            + "backup that conflicts with replay on a standby is not recognised and retried.",
                        $"ALTER ROLE {name} SET lc_messages = 'C';"
                    )
                );
            }
            if (!server.IsStandby)
            {
                await CheckRestoreAsync(server, connection, cancellationToken);
            }
            if (isSuperuser)
            {
                return;
            }
            if (!readsAll)
            {
                _notes.Add(
                    Note(
                        $"'{config.User}' cannot read all tables: the backup of a database with a table that it cannot read fails.",
                        server.Major >= FirstMajorWithReadAllData
                            ? $"GRANT pg_read_all_data TO {name};"
                            : "Version 13 has no such role: grant SELECT on all tables of each schema, or use a superuser."
                    )
                );
            }
            if (!seesRows)
            {
                _notes.Add(
                    Note(
                        $"'{config.User}' cannot see rows hidden by row security: the backup of a database with such tables fails.",
                        $"ALTER ROLE {name} BYPASSRLS;"
                    )
                );
            }
            if (!makesDatabases)
            {
                _notes.Add(
                    Note($"'{config.User}' cannot create databases, so no database can be restored here.", $"ALTER ROLE {name} CREATEDB;")
                );
            }
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, server.Host.ToString());
        }
    }

    // Backups work without it.
    private async Task CheckRestoreAsync(Server server, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await restoreRole.CheckAsync(server, connection, cancellationToken);
        }
        catch (HoldfastException e)
        {
            _notes.Add(new(e.Error, $"No database can be restored here: {e.Message}", e.Hint, e));
        }
    }

    private static HoldfastException Note(string message, string hint) => new(ErrorCatalog.NotAllowed, message, hint);
}
