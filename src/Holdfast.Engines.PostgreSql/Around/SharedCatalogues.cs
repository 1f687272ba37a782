using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Restore;
using Npgsql;

namespace Holdfast.Engines.PostgreSql.Around;

/// <summary>
/// Tells what a database needs from outside of it. What all databases of a server share is asked of the maintenance
/// database, and not in a session of the
/// database itself: that would be a third of the work for a small one.
/// </summary>
internal sealed class SharedCatalogues(Connector connector)
{
    /// <summary>Asks before a dump.</summary>
    /// <returns>What is known without the dump, and the database's number.</returns>
    /// <exception cref="HoldfastException">
    /// The database is not there (<see cref="ErrorCatalogue.NotFound"/>), or the server cannot be asked.
    /// </exception>
    public async Task<(Surroundings Around, uint Oid)> ReadAsync(Server server, string database, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await connector.ShareAsync(server.Host, cancellationToken);
            return await SurroundingsReader.ReadAsync(connection, database, cancellationToken)
                ?? throw ServerFailure.Gone(server.Host, database);
        }
        catch (NpgsqlException e)
        {
            connector.Renew(server.Host);
            throw ServerFailure.Of(e, $"'{database}' on {server.Host}");
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
    public async Task<Surroundings> CompleteAsync(
        Server server,
        Surroundings before,
        uint oid,
        DumpHead head,
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
    public static HoldfastException Another(string database) =>
        new(
            ErrorCatalogue.NotFound,
            $"The database '{database}' is not the one that was found: it was dropped, and another has its name.",
            "The next discovery tells them apart."
        );

    private static IEnumerable<string> Unseen(long subscriptions, long mappings)
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

    private async Task<Surroundings> CompleteOnceAsync(
        Server server,
        Surroundings before,
        uint oid,
        DumpHead head,
        CancellationToken cancellationToken
    )
    {
        var (around, now) = await ReadAsync(server, before.Name, cancellationToken);
        if (now != oid)
        {
            throw Another(before.Name);
        }
        var inside =
            head.HasExtensions || head.HasUserMappings || server.Major < PublicSchema.FirstOwned
                ? await InsideAsync(server, before, head, cancellationToken)
                : new([], 0, null);
        return around with
        {
            Roles = [.. around.Roles.UnionBy(before.Roles, r => r.Name).OrderBy(r => r.Name, StringComparer.Ordinal)],
            Tablespaces = [.. around.Tablespaces.Union(head.Tablespaces).Order(StringComparer.Ordinal)],
            Extensions = inside.Extensions,
            PublicGrants = inside.PublicGrants,
            Unseen = [.. Unseen(around.Subscriptions - head.Subscriptions, inside.HiddenMappings)],
        };
    }

    // These alone lie in the database itself.
    private async Task<Inside> InsideAsync(Server server, Surroundings before, DumpHead head, CancellationToken cancellationToken)
    {
        await using var connection = await connector.ConnectAsync(server.Host, before.Name, cancellationToken, encoding: before.Encoding);
        try
        {
            return new(
                head.HasExtensions ? await SurroundingsReader.ExtensionsAsync(connection, cancellationToken) : [],
                head.HasUserMappings ? await SurroundingsReader.HiddenMappingsAsync(connection, cancellationToken) : 0,
                server.Major < PublicSchema.FirstOwned ? await SurroundingsReader.PublicGrantsAsync(connection, cancellationToken) : null
            );
        }
        catch (NpgsqlException e)
        {
            throw ServerFailure.Of(e, $"'{before.Name}' on {server.Host}");
        }
    }

    private sealed record Inside(IReadOnlyList<string> Extensions, long HiddenMappings, IReadOnlyList<DatabaseGrant>? PublicGrants);
}
