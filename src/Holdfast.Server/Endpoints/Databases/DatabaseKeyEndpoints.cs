using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Secrets;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>
/// Endpoints of keys of encrypted databases, by id or by a glob over ids. Keys can be stored and deleted, but never
/// read.
/// </summary>
internal static class DatabaseKeyEndpoints
{
    public static void MapDatabaseKeys(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(DatabaseKeyRoutes.List).WithTags("Database keys").RequireRole(Role.Viewer);
        group.MapGet("", ListAsync).WithSummary("List the databases and globs that have a key");
        group.MapPut("/{databases}", PutAsync).RequireRole(Role.Operator).WithSummary("Store the key of all databases whose id matches");
        group.MapDelete("/{databases}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Delete a key");
    }

    /// <summary>Parses the key in a request.</summary>
    /// <exception cref="ValidationException">The request contains no valid key, or both kinds of keys.</exception>
    public static DatabaseKey ParseKey(DatabaseKeyRequest body)
    {
        if (body is { Key: null, Passphrase.Length: > 0 })
        {
            return DatabaseKey.FromPassphrase(body.Passphrase);
        }
        if (body is { Key: { } key, Passphrase: null } && TryParseRawKey(key.Trim()) is { } raw)
        {
            return DatabaseKey.FromRaw(raw);
        }
        var message =
            body.Key is not null == body.Passphrase is not null ? "Either a key or a passphrase is required."
            : body.Key is null ? "The passphrase is empty."
            : "The key does not consist of 32 bytes.";
        throw ValidationException.Create([
            new ValidationError(
                body is { Key: null, Passphrase: not null } ? "passphrase" : "key",
                message,
                "key: 32 bytes as Base64 or 64 hexadecimal digits; passphrase: the text."
            ),
        ]);
    }

    private static async Task<Ok<Page<DatabaseKeyView>>> ListAsync(DatabaseKeys keys, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<DatabaseKeyView>([.. (await keys.PatternsAsync(cancellationToken)).Select(p => new DatabaseKeyView(p))]));

    private static async Task<NoContent> PutAsync(
        string databases,
        DatabaseKeyRequest body,
        DatabaseKeys keys,
        CancellationToken cancellationToken
    )
    {
        if (DatabaseIdValidator.ValidatePattern("databases", databases) is { } error)
        {
            throw ValidationException.Create([error]);
        }
        await keys.PutAsync(databases, ParseKey(body), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeleteAsync(string databases, DatabaseKeys keys, CancellationToken cancellationToken)
    {
        await keys.DeleteAsync(databases, cancellationToken);
        return TypedResults.NoContent();
    }

    private static byte[]? TryParseRawKey(string text)
    {
        try
        {
            return Convert.FromBase64String(Archive.Age.AgeIdentity.Parse(text).ToBase64());
        }
        catch (HoldfastException)
        {
            return null; // the caller reports the error with the name of the field
        }
    }
}
