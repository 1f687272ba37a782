using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>
/// Tells what a database needs from outside of it. What all databases of a server share is asked of the maintenance
/// database, and not in a session of the
/// database itself: that would be a third of the work for a small one.
/// </summary>
internal sealed class SharedCatalogReader(Connector connector)
{
    /// <summary>Asks before a dump.</summary>
    /// <returns>What is known without the dump, and the database's number.</returns>
    /// <exception cref="HoldfastException">
    /// The database is not there (<see cref="ErrorCatalogue.NotFound"/>), or the server cannot be asked.
    /// </exception>
    public async Task<(DatabaseMetadata Around, uint Oid)> ReadAsync(Server server, string database, CancellationToken cancellationToken)
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
    /// Asks again behind a dump, for what it tells and for what was granted meanwhile, which may be in it. The number
    /// has to be the same: between, the dump's
    /// own session keeps the database.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// Another database has its name (<see cref="ErrorCatalogue.NotFound"/>), or the server cannot be asked, twice.
    /// </exception>
    public async Task<DatabaseMetadata> CompleteAsync(
        Server server,
        DatabaseMetadata before,
        uint oid,
        DumpHeader head,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await CompleteOnceAsync(server, before, oid, head, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error != ErrorCatalogue.NotFound)
        {
            // a long dump is not given up for one lost connection
            return await CompleteOnceAsync(server, before, oid, head, cancellationToken);
        }
    }

    /// <summary>Of a database that has the name of one that was found.</summary>
    public static HoldfastException DatabaseReplaced(string database) =>
        new(
            ErrorCatalogue.NotFound,
            $"The database '{database}' is not the one that was found: it was dropped, and another has its name.",
            "The next discovery tells them apart."
        );

    private static IEnumerable<string> DescribeOmissions(long subscriptions, long mappings)
    {
        if (subscriptions > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{subscriptions} {(subscriptions == 1 ? "subscription is" : "subscriptions are")} missing in this backup: "
                    + $"pg_dump reads them for a superuser only."
            );
        }
        if (mappings > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{mappings} user {(mappings == 1 ? "mapping is" : "mappings are")} in this backup without options (user and "
                    + $"password at the foreign server): only a superuser, or their own user with USAGE on the foreign server, sees "
                    + $"them."
            );
        }
    }

    private async Task<DatabaseMetadata> CompleteOnceAsync(
        Server server,
        DatabaseMetadata before,
        uint oid,
        DumpHeader head,
        CancellationToken cancellationToken
    )
    {
        var (around, now) = await ReadAsync(server, before.Name, cancellationToken);
        if (now != oid)
        {
            throw DatabaseReplaced(before.Name);
        }
        var inside =
            head.HasExtensions || head.HasUserMappings || server.Major < PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner
                ? await ReadLocalAsync(server, before, head, cancellationToken)
                : new([], 0, null);
        return around with
        {
            Roles = [.. around.Roles.UnionBy(before.Roles, r => r.Name).OrderBy(r => r.Name, StringComparer.Ordinal)],
            Tablespaces = [.. around.Tablespaces.Union(head.Tablespaces).Order(StringComparer.Ordinal)],
            Extensions = inside.Extensions,
            PublicGrants = inside.PublicGrants,
            Unseen = [.. DescribeOmissions(around.Subscriptions - head.Subscriptions, inside.HiddenMappings)],
        };
    }

    // These alone lie in the database itself.
    private async Task<LocalMetadata> ReadLocalAsync(
        Server server,
        DatabaseMetadata before,
        DumpHeader head,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await connector.ConnectAsync(server.Host, before.Name, cancellationToken, encoding: before.Encoding);
        try
        {
            return new(
                head.HasExtensions ? await DatabaseMetadataReader.ExtensionsAsync(connection, cancellationToken) : [],
                head.HasUserMappings ? await DatabaseMetadataReader.HiddenMappingsAsync(connection, cancellationToken) : 0,
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
