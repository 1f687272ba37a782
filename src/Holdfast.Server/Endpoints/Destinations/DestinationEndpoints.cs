using System.Security.Claims;
using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Api.Destinations;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Node.Destinations;
using Holdfast.Server.Access;
using Holdfast.Server.Endpoints.Shared;
using Holdfast.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Destinations;

/// <summary>Endpoints of destinations.</summary>
internal static class DestinationEndpoints
{
    public static void MapDestinations(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(DestinationRoutes.List).WithTags("Destinations").RequireRole(Role.Viewer);
        group.MapGet("", List).WithSummary("List destinations");
        group.MapGet("/{name}", Show).WithSummary("Show a destination");
        group.MapPut("/{name}", PutAsync).RequireRole(Role.Operator).WithSummary("Create or change a destination");
        group.MapDelete("/{name}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Delete a destination; the files there remain");
        group.MapGet("/{name}/identity", ShowIdentity).WithSummary("Show the identity that it must have, and whether it has it");
        group
            .MapPost("/{name}/initialize", InitializeAsync)
            .RequireRole(Role.Operator)
            .WithSummary("Create its root and give it an identity, which is required from then on");
        group.MapGet("/{name}/status", ShowStatus).WithSummary("Show its requests, limits, and what is left of uploads");
        group.MapGet("/{name}/test", ShowTest).WithSummary("Show the result of its last test");
        group.MapPost("/{name}/test", TestAsync).RequireRole(Role.Operator).WithSummary("Test whether it can be written to");
    }

    private static Ok<Page<DestinationView>> List(DestinationRegistry destinations) =>
        TypedResults.Ok(new Page<DestinationView>([.. destinations.Items.Select(i => ToView(i.Value))]));

    private static Ok<DestinationView> Show(string name, HttpResponse response, DestinationRegistry destinations)
    {
        var item = destinations.Find(name) ?? throw NotFound(name);
        return TypedResults.Ok(response.WithETag(item.Revision, ToView(item.Value)));
    }

    private static async Task<Results<Ok<DestinationView>, Created<DestinationView>>> PutAsync(
        string name,
        DestinationRequest body,
        HttpRequest request,
        HttpResponse response,
        DestinationRegistry destinations,
        ClaimsPrincipal user,
        CancellationToken cancellationToken
    )
    {
        var before = destinations.Find(name)?.Value;
        var config = new DestinationConfig
        {
            Name = name,
            Kind = body.Kind,
            Path = body.Path,
            Settings = body.Settings,
        };
        CheckRole(user, destinations, before, config);
        var stored = await ConditionalRequests.EditAsync(
            request,
            name,
            () => destinations.Find(name),
            ToView,
            expected => destinations.PutAsync(config, expected, cancellationToken)
        );
        var view = response.WithETag(stored.Revision, ToView(stored.Value));
        return before is null
            ? TypedResults.Created(ApiRoutes.BasePath + ApiRoutes.Expand(DestinationRoutes.Item, name), view)
            : TypedResults.Ok(view);
    }

    private static async Task<NoContent> DeleteAsync(
        string name,
        HttpRequest request,
        DestinationRegistry destinations,
        StateMirror<Template> templates,
        StateMirror<RegularTask> tasks,
        ClaimsPrincipal user,
        CancellationToken cancellationToken
    )
    {
        CheckRole(user, destinations, destinations.Find(name)?.Value ?? throw NotFound(name));
        var users = templates
            .Items.Select(t => (t.Value.Name, t.Value.Settings))
            .Concat(tasks.Items.Select(t => (Name: $"{t.Value.Name} of {t.Value.Database}", t.Value.Settings)))
            .Where(t => t.Settings.Destinations.Contains(name))
            .Select(t => t.Name)
            .Take(10)
            .ToList();
        if (users.Count > 0)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"Destination '{name}' is used by {string.Join(", ", users)}.",
                "Remove it from these tasks first."
            );
        }
        await ConditionalRequests.EditAsync(
            request,
            name,
            () => destinations.Find(name),
            ToView,
            async expected =>
            {
                await destinations.DeleteAsync(name, expected, cancellationToken);
                return true;
            }
        );
        return TypedResults.NoContent();
    }

    private static async Task<Ok<DestinationTestView>> TestAsync(
        string name,
        DestinationRegistry destinations,
        CancellationToken cancellationToken
    )
    {
        if (destinations.Find(name)?.Value is not { } config)
        {
            throw NotFound(name);
        }
        await destinations.TestAsync(name, cancellationToken);
        return TypedResults.Ok(ToTestView(config, destinations));
    }

    private static Ok<DestinationIdentityView> ShowIdentity(string name, DestinationRegistry destinations, NodeSettings settings) =>
        destinations.Find(name) is null ? throw NotFound(name) : TypedResults.Ok(ToIdentityView(name, destinations, settings));

    private static async Task<Ok<DestinationIdentityView>> InitializeAsync(
        string name,
        DestinationRegistry destinations,
        NodeSettings settings,
        ClaimsPrincipal user,
        CancellationToken cancellationToken
    )
    {
        CheckRole(user, destinations, destinations.Find(name)?.Value ?? throw NotFound(name));
        await destinations.InitializeAsync(name, cancellationToken);
        return TypedResults.Ok(ToIdentityView(name, destinations, settings));
    }

    // Whoever defines a remote destination decides where all backups go.
    private static void CheckRole(ClaimsPrincipal user, DestinationRegistry destinations, params ReadOnlySpan<DestinationConfig?> configs)
    {
        foreach (var config in configs)
        {
            if (config is not null && destinations.IsRemote(config) && !(user.Caller()?.Role >= Role.Admin))
            {
                throw new HoldfastException(
                    ErrorCatalog.Forbidden,
                    $"Only the role Admin may define remote destinations such as '{config.Name}'.",
                    "Ask an administrator."
                );
            }
        }
    }

    private static DestinationView ToView(DestinationConfig config) =>
        new()
        {
            Name = config.Name,
            Kind = config.Kind,
            Path = config.Path,
            Settings = config.VisibleSettings,
        };

    private static DestinationIdentityView ToIdentityView(string name, DestinationRegistry destinations, NodeSettings settings) =>
        new(
            settings.Tag,
            destinations.IdentityOf(name),
            destinations.IdentityProblem(name) is { } problem ? OperationError.From(problem) : null
        );

    private static Ok<DestinationStatusView> ShowStatus(string name, DestinationStatusReader statuses) =>
        TypedResults.Ok(statuses.Find(name) ?? throw NotFound(name));

    private static Ok<DestinationTestView> ShowTest(string name, DestinationRegistry destinations) =>
        TypedResults.Ok(ToTestView(destinations.Find(name)?.Value ?? throw NotFound(name), destinations));

    private static DestinationTestView ToTestView(DestinationConfig config, DestinationRegistry destinations)
    {
        var (test, room) = (destinations.LastTest(config), destinations.FreeSpaceOf(config));
        return new(room?.FreeBytes, test?.At, test?.Problem, room?.At) { Notes = test?.Notes ?? [] };
    }

    private static HoldfastException NotFound(string name) =>
        new(ErrorCatalog.NotFound, $"There is no destination '{name}'.", "List them with: GET /api/v1/destinations");
}
