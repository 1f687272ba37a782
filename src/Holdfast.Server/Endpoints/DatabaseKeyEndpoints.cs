using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>Keys of encrypted databases, by id or by a glob over ids. They can be given and forgotten, never read.</summary>
internal static class DatabaseKeyEndpoints
{
    private const int LongestPattern = 1_024;

    public static void MapDatabaseKeys(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/database-keys").WithTags("Database keys").RequireRole(Role.Viewer);
        group.MapGet("", ListAsync).WithSummary("Databases and globs that have a key");
        group.MapPut("/{databases}", PutAsync).RequireRole(Role.Operator).WithSummary("Give the key of all databases whose id fits");
        group.MapDelete("/{databases}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Forget a key");
    }

    /// <summary>The key that a request holds.</summary>
    /// <exception cref="InvalidException">It holds none, or two.</exception>
    public static DatabaseKey Key(DatabaseKeyRequest body) => body switch
    {
        { Key: { } key, Passphrase: null } => DatabaseKey.FromRaw(Convert.FromBase64String(Archive.Age.AgeIdentity.Parse(key.Trim()).ToBase64())),
        { Key: null, Passphrase: { Length: > 0 } passphrase } => DatabaseKey.FromPassphrase(passphrase),
        _ => throw InvalidException.Of([new Fault("key", "One of key and passphrase is needed.", "key: 32 bytes as Base64 or 64 hexadecimal digits; passphrase: the text.")]),
    };

    private static async Task<Ok<Page<DatabaseKeyView>>> ListAsync(HoldfastNode node, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<DatabaseKeyView>([.. (await node.DatabaseKeys.PatternsAsync(cancellationToken)).Select(p => new DatabaseKeyView(p))]));

    private static async Task<NoContent> PutAsync(string databases, DatabaseKeyRequest body, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (databases.Length > LongestPattern || !databases.Contains('/', StringComparison.Ordinal) || databases.Any(char.IsControl))
            throw InvalidException.Of([new Fault("databases", "This is neither a database's id nor a glob over ids.", "For example demo/hr.db, or demo/hr/* (percent-encoded in the path).")]);
        await node.DatabaseKeys.PutAsync(databases, Key(body), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeleteAsync(string databases, HoldfastNode node, CancellationToken cancellationToken)
    {
        await node.DatabaseKeys.DeleteAsync(databases, cancellationToken);
        return TypedResults.NoContent();
    }
}
