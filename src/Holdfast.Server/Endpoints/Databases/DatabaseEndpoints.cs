using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Databases;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Discovery;
using Holdfast.Node.Secrets;
using Holdfast.Server.Access;
using Holdfast.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>Endpoints of databases, as discovery found them.</summary>
internal static class DatabaseEndpoints
{
    public static void MapDatabases(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(DatabaseRoutes.List).WithTags("Databases").RequireRole(Role.Viewer);
        group
            .MapGet("", List)
            .WithSummary("List databases; filtered by source, state, part of the id and server-wide task, in several orders");
        group.MapGet("/counts", Count).WithSummary("Count the databases in each state");
        group.MapGet("/{id}", Show).WithSummary("Show a database");
        group
            .MapDelete("/{id}", DismissAsync)
            .RequireRole(Role.Operator)
            .WithSummary(
                "Remove a database that was dropped or whose source is no longer configured, with its own tasks; its backups remain"
            );
        group.MapPut("/{id}/key", PutKeyAsync).RequireRole(Role.Operator).WithSummary("Store the key of an encrypted database");
        group.MapDelete("/{id}/key", DeleteKeyAsync).RequireRole(Role.Operator).WithSummary("Delete the key of a database");
    }

    private static Ok<Page<DatabaseView>> List([AsParameters] DatabaseQuery query, DatabaseSearch search) =>
        TypedResults.Ok(search.Execute(query));

    private static Ok<DatabaseCounts> Count([AsParameters] DatabaseQuery query, DatabaseSearch search) =>
        TypedResults.Ok(search.Count(query));

    private static Ok<DatabaseView> Show(string id, DatabaseRecords databases, DatabaseViewFactory views) =>
        TypedResults.Ok(views.Create(Find(databases, id)));

    private static async Task<NoContent> DismissAsync(
        string id,
        DatabaseRecords databases,
        StateMirror<RegularTask> tasks,
        SourceRegistry sources,
        CancellationToken cancellationToken
    )
    {
        var record = Find(databases, id);
        if (record.Dropped is null && !sources.TryForget(record.Id.Source, record.Id.Name))
        {
            throw record.MissingSince is null
                ? new HoldfastException(
                    ErrorCatalog.NotAllowed,
                    $"Database '{id}' exists.",
                    "Only a dropped database can be dismissed. To omit it from a server-wide backup, exclude it there."
                )
                : new HoldfastException(
                    ErrorCatalog.NotAllowed,
                    $"Database '{id}' is missing, and nobody has confirmed that it was dropped.",
                    $"If it was dropped: holdfast source confirm {record.Id.Source}"
                );
        }

        // Delete its own tasks too: nobody could see or delete them afterwards.
        foreach (var task in tasks.Items.Where(t => t.Value.Database == record.Id).ToList())
        {
            await tasks.DeleteAsync(task.Key, null, cancellationToken);
        }
        await databases.DeleteAsync(id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> PutKeyAsync(
        string id,
        DatabaseKeyRequest body,
        DatabaseKeys keys,
        CancellationToken cancellationToken
    )
    {
        if (DatabaseIdValidator.ValidatePattern("id", id) is { } error)
        {
            ValidationException.ThrowIfAny([error]);
        }
        await keys.PutAsync(id, DatabaseKeyEndpoints.ParseKey(body), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DeleteKeyAsync(string id, DatabaseKeys keys, CancellationToken cancellationToken)
    {
        if (!(await keys.StoredPatternsAsync(cancellationToken)).Contains(id))
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"No key is stored for '{id}'.",
                "To delete a key of several databases, give the glob that it was stored for."
            );
        }
        await keys.DeleteAsync(id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static DatabaseRecord Find(DatabaseRecords databases, string id) =>
        databases.Find(id)
        ?? throw new HoldfastException(
            ErrorCatalog.NotFound,
            $"There is no database '{id}'.",
            "List them with: GET /api/v1/databases. In a path an id is percent-encoded: demo%2Fshop.db"
        );
}
