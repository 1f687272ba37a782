using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Sources;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sources;
using Holdfast.Node;
using Holdfast.Node.Discovery;
using Holdfast.Node.Sources;
using Holdfast.Server.Access;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Sources;

/// <summary>Endpoints of sources, those of the configuration and those defined over the API.</summary>
internal static class SourceEndpoints
{
    public static void MapSources(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(SourceRoutes.List).WithTags("Sources").RequireRole(Role.Viewer);
        group.MapGet("", ListAsync).WithSummary("List sources");
        group.MapGet("/{name}", ShowAsync).WithSummary("Show a source");
        group
            .MapGet("/{name}/passed-over", ShowSkippedFiles)
            .WithSummary("List the files that the last discovery skipped, with the reasons");
        group.MapPut("/{name}", PutAsync).RequireRole(Role.Admin).WithSummary("Create or change a source that is a database server");
        group
            .MapDelete("/{name}", DeleteAsync)
            .RequireRole(Role.Admin)
            .WithSummary("Delete a source that was defined over the API; its databases count as dropped, their backups remain");
        group.MapPost("/{name}/discover", DiscoverAsync).RequireRole(Role.Operator).WithSummary("Discover its databases now");
        group
            .MapPost("/{name}/confirm", ConfirmAsync)
            .RequireRole(Role.Operator)
            .WithSummary(
                "Accept a source as it is now: missing databases were dropped, a changed identity is the right one, and a "
                    + "source that is no longer configured has been removed"
            );
        group
            .MapPost("/{name}/test", TestAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Test whether its databases can be backed up and restored, and report what is missing");
        group.MapPost("/test", TestDefinitionAsync).RequireRole(Role.Admin).WithSummary("Test a definition without saving it");
    }

    private static async Task<Ok<Page<SourceView>>> ListAsync(
        SourceRegistry sources,
        SourceViewFactory views,
        CancellationToken cancellationToken
    )
    {
        var all = new List<SourceView>();
        foreach (var source in sources.Items.OrderBy(s => s.Attached.Name, StringComparer.Ordinal))
        {
            all.Add(await views.CreateAsync(source, cancellationToken));
        }
        return TypedResults.Ok(new Page<SourceView>(all));
    }

    private static async Task<Ok<SourceView>> ShowAsync(
        string name,
        HttpResponse response,
        SourceRegistry sources,
        SourceEditor editor,
        SourceViewFactory views,
        CancellationToken cancellationToken
    )
    {
        var view = await views.CreateAsync(Find(sources, name), cancellationToken);
        return TypedResults.Ok(editor.Find(name) is { } item ? response.WithETag(item.Revision, view) : view);
    }

    private static Ok<SkippedFilesView> ShowSkippedFiles(string name, SourceRegistry sources) =>
        TypedResults.Ok(SkippedFilesMapper.ToView(Find(sources, name).Status.SkippedFiles));

    private static async Task<Results<Ok<SourceView>, Created<SourceView>>> PutAsync(
        string name,
        SourceRequest body,
        HttpContext context,
        SourceRegistry sources,
        SourceEditor editor,
        SourceViewFactory views,
        CancellationToken cancellationToken
    )
    {
        if (body.Name is not null && body.Name != name)
        {
            ValidationException.ThrowIfAny([new("name", "This is not the name in the path.", "Omit it; a source cannot be renamed.")]);
        }
        var isNew = editor.Find(name) is null;
        var definition = ToDefinition(name, body);
        var stored = await ConditionalRequests.EditAsync(
            context.Request,
            name,
            () => editor.Find(name),
            d => d,
            expected => editor.PutAsync(definition, ToNewPasswords(body), expected, cancellationToken)
        );
        var view = context.Response.WithETag(stored.Revision, await views.CreateAsync(Find(sources, name), cancellationToken));
        return isNew ? TypedResults.Created(ApiRoutes.BasePath + ApiRoutes.Expand(SourceRoutes.Item, name), view) : TypedResults.Ok(view);
    }

    private static async Task<NoContent> DeleteAsync(
        string name,
        HttpRequest request,
        SourceRegistry sources,
        SourceEditor editor,
        CancellationToken cancellationToken
    )
    {
        Find(sources, name);
        if (editor.Find(name) is null)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"Source '{name}' is defined in the configuration of the server.",
                "Remove it from holdfast.json and restart the server."
            );
        }
        await ConditionalRequests.EditAsync(
            request,
            name,
            () => editor.Find(name),
            d => d,
            async expected =>
            {
                await editor.DeleteAsync(name, expected, cancellationToken);
                return true;
            }
        );
        return TypedResults.NoContent();
    }

    private static async Task<Ok<SourceView>> DiscoverAsync(
        string name,
        SourceRegistry sources,
        SourceViewFactory views,
        CancellationToken cancellationToken
    )
    {
        var source = Find(sources, name);
        await source.DiscoverAsync(cancellationToken);
        return TypedResults.Ok(await views.CreateAsync(source, cancellationToken));
    }

    private static async Task<Ok<SourceView>> ConfirmAsync(
        string name,
        SourceRegistry sources,
        DatabaseRecords databases,
        SourceViewFactory views,
        CancellationToken cancellationToken
    )
    {
        // Also a source that was removed from the configuration, as long as it has databases.
        if (databases.Items.FirstOrDefault(d => d.Value.Id.Source == name).Value is { } known && sources.TryForget(name))
        {
            return TypedResults.Ok(new SourceView(name, known.Engine, 0, null, null));
        }
        var source = Find(sources, name);
        await source.ConfirmAsync(cancellationToken);
        return TypedResults.Ok(await views.CreateAsync(source, cancellationToken));
    }

    private static async Task<Ok<SourceTestView>> TestAsync(string name, SourceRegistry sources, CancellationToken cancellationToken) =>
        TypedResults.Ok(SourceTestMapper.ToView(await RunConnectionTestAsync(Find(sources, name), cancellationToken)));

    // If the client disconnects, stop waiting for a source that does not respond.
    private static async Task<ConnectionTestResult> RunConnectionTestAsync(SourceMonitor source, CancellationToken cancellationToken)
    {
        await using var use = source.Acquire();
        return await use.Source.TestConnectionAsync(cancellationToken).WaitAsync(cancellationToken);
    }

    // Omitted passwords are those stored for the name of the definition. Without a name, it gets one that no source has.
    private static async Task<Ok<SourceTestView>> TestDefinitionAsync(
        SourceRequest body,
        SourceEditor editor,
        CancellationToken cancellationToken
    )
    {
        await using var draft = (
            await editor.CreateUnsavedAsync(
                ToDefinition(body.Name ?? Guid.NewGuid().ToString("N"), body),
                ToNewPasswords(body),
                cancellationToken
            )
        ).Source;
        return TypedResults.Ok(SourceTestMapper.ToView(await draft.TestConnectionAsync(cancellationToken)));
    }

    private static SourcePasswordUpdate ToNewPasswords(SourceRequest body) => new(body.Password, body.Restore?.Password);

    private static SourceDefinition ToDefinition(string name, SourceRequest body) =>
        new()
        {
            Name = name,
            Engine = body.Engine,
            Url = body.Url.Trim(),
            Include = body.Include,
            Exclude = body.Exclude,
            RestoreUser = string.IsNullOrWhiteSpace(body.Restore?.User) ? null : body.Restore.User.Trim(),
            RestoreOwner = string.IsNullOrWhiteSpace(body.RestoreOwner) ? null : body.RestoreOwner,
            Settings = body.Settings,
        };

    private static SourceMonitor Find(SourceRegistry sources, string name) =>
        sources.Find(name)
        ?? throw new HoldfastException(ErrorCatalog.NotFound, $"There is no source '{name}'.", "List them with: GET /api/v1/sources");
}
