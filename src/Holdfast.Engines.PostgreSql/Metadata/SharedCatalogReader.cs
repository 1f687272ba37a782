using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>
/// Reads the metadata of a database. Shared catalogs are queried in the maintenance database rather than in a session
/// of the database itself, which would be a third of the work for a small database.
/// </summary>
internal sealed class SharedCatalogReader(Connector connector)
{
    /// <summary>Reads the metadata before a dump.</summary>
    /// <returns>What is known without the dump, and the database's OID.</returns>
    /// <exception cref="HoldfastException">
    /// The database does not exist (<see cref="ErrorCatalog.NotFound"/>), or the query fails.
    /// </exception>
    public async Task<(DatabaseMetadata Metadata, uint Oid)> ReadAsync(Server server, string database, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await connector.ConnectPooledAsync(server.Host, cancellationToken);
            return await DatabaseMetadataReader.ReadAsync(connection, database, cancellationToken)
                ?? throw ServerErrorTranslator.DatabaseNotFound(server.Host, database);
        }
        catch (NpgsqlException e)
        {
            connector.ClearPool(server.Host);
            throw ServerErrorTranslator.Translate(e, $"'{database}' on {server.Host}");
        }
    }

    /// <summary>
    /// Reads the metadata again after a dump, together with what the dump shows, because grants made meanwhile may be
    /// in the dump. The OID must be unchanged: in between, the session of the dump keeps the database from being
    /// dropped.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// Another database has its name now (<see cref="ErrorCatalog.NotFound"/>), or the query fails twice.
    /// </exception>
    public async Task<DatabaseMetadata> CompleteAsync(
        Server server,
        DatabaseMetadata before,
        uint oid,
        DumpHeader header,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await CompleteOnceAsync(server, before, oid, header, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error != ErrorCatalog.NotFound)
        {
            // a long dump should not fail because of one lost connection
            return await CompleteOnceAsync(server, before, oid, header, cancellationToken);
        }
    }

    /// <summary>Creates the error for a database that has the name of a discovered one but is another.</summary>
    public static HoldfastException DatabaseReplaced(string database) =>
        new(
            ErrorCatalog.NotFound,
            $"The database '{database}' is not the one that was discovered: it was dropped, and another database has its name now.",
            "The next discovery distinguishes them."
        );

    private static IEnumerable<string> DescribeOmissions(long subscriptions, long mappings)
    {
        if (subscriptions > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{subscriptions} {(subscriptions == 1 ? "subscription is" : "subscriptions are")} missing from this backup: "
                    + $"pg_dump can read them only as a superuser."
            );
        }
        if (mappings > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{mappings} user {(mappings == 1 ? "mapping is" : "mappings are")} in this backup without options (user and "
                    + $"password at the foreign server): only a superuser, or the mapped user with USAGE on the foreign server, can see "
                    + $"them."
            );
        }
    }

    private async Task<DatabaseMetadata> CompleteOnceAsync(
        Server server,
        DatabaseMetadata before,
        uint oid,
        DumpHeader header,
        CancellationToken cancellationToken
    )
    {
        var (metadata, now) = await ReadAsync(server, before.Name, cancellationToken);
        if (now != oid)
        {
            throw DatabaseReplaced(before.Name);
        }
        var local =
            header.HasExtensions || header.HasUserMappings || server.Major < PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner
                ? await ReadLocalAsync(server, before, header, cancellationToken)
                : new([], 0, null);
        return metadata with
        {
            Roles = [.. metadata.Roles.UnionBy(before.Roles, r => r.Name).OrderBy(r => r.Name, StringComparer.Ordinal)],
            Tablespaces = [.. metadata.Tablespaces.Union(header.Tablespaces).Order(StringComparer.Ordinal)],
            Extensions = local.Extensions,
            PublicGrants = local.PublicGrants,
            Unseen = [.. DescribeOmissions(metadata.Subscriptions - header.Subscriptions, local.HiddenMappings)],
        };
    }

    // Only these are stored in the database itself.
    private async Task<LocalMetadata> ReadLocalAsync(
        Server server,
        DatabaseMetadata before,
        DumpHeader header,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await connector.ConnectAsync(server.Host, before.Name, cancellationToken, encoding: before.Encoding);
        try
        {
            return new(
                header.HasExtensions ? await DatabaseMetadataReader.ExtensionsAsync(connection, cancellationToken) : [],
                header.HasUserMappings ? await DatabaseMetadataReader.HiddenMappingsAsync(connection, cancellationToken) : 0,
                server.Major < PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner
                    ? await DatabaseMetadataReader.PublicGrantsAsync(connection, cancellationToken)
                    : null
            );
        }
        catch (NpgsqlException e)
        {
            throw ServerErrorTranslator.Translate(e, $"'{before.Name}' on {server.Host}");
        }
    }

    private sealed record LocalMetadata(IReadOnlyList<string> Extensions, long HiddenMappings, IReadOnlyList<DatabaseGrant>? PublicGrants);
}
