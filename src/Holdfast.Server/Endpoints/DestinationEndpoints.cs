using Holdfast.Core.Errors;
using Holdfast.Node;
using Holdfast.Node.Places;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>Where archives go.</summary>
internal static class DestinationEndpoints
{
    public static void MapDestinations(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/destinations").WithTags("Destinations").RequireRole(Role.Viewer);
        group.MapGet("", List).WithSummary("All destinations");
        group.MapGet("/{name}", Show).WithSummary("One destination");
        group.MapPut("/{name}", PutAsync).RequireRole(Role.Operator).WithSummary("Define or change a destination");
        group.MapDelete("/{name}", DeleteAsync).RequireRole(Role.Operator).WithSummary("Remove a destination; what lies there stays");
        group.MapGet("/{name}/test", ShowTest).WithSummary("How its last test went");
        group.MapPost("/{name}/test", TestAsync).RequireRole(Role.Operator).WithSummary("Try whether it can be written");
    }

    private static Ok<Page<DestinationConfig>> List(HoldfastNode node) => TypedResults.Ok(new Page<DestinationConfig>([.. node.Destinations.Items.Select(i => i.Value)]));

    private static Ok<DestinationConfig> Show(string name, HttpResponse response, HoldfastNode node)
    {
        var item = node.Destinations.Find(name) ?? throw Missing(name);
        return TypedResults.Ok(response.WithTag(item.Revision, item.Value));
    }

    private static async Task<Results<Ok<DestinationConfig>, Created<DestinationConfig>>> PutAsync(string name, DestinationRequest body, HttpRequest request, HttpResponse response, HoldfastNode node, CancellationToken cancellationToken)
    {
        var isNew = node.Destinations.Find(name) is null;
        var config = new DestinationConfig { Name = name, Kind = body.Kind, Path = body.Path };
        var stored = await Revisions.EditAsync(request, node.State.Destinations, name, c => c, expected => node.Destinations.PutAsync(config, expected, cancellationToken));
        var view = response.WithTag(stored.Revision, stored.Value);
        return isNew ? TypedResults.Created($"{HoldfastServer.ApiPath}/destinations/{Uri.EscapeDataString(name)}", view) : TypedResults.Ok(view);
    }

    private static async Task<NoContent> DeleteAsync(string name, HttpRequest request, HoldfastNode node, CancellationToken cancellationToken)
    {
        if (node.Destinations.Find(name) is null) throw Missing(name);
        var users = node.State.Templates.Items.Select(t => (t.Value.Name, t.Value.Settings))
            .Concat(node.State.Tasks.Items.Select(t => (Name: $"{t.Value.Name} of {t.Value.Database}", t.Value.Settings)))
            .Where(t => t.Settings.Destinations.Contains(name)).Select(t => t.Name).Take(10).ToList();
        if (users.Count > 0) throw new HoldfastException(ErrorCatalogue.NotAllowed, $"Destination '{name}' is used by {string.Join(", ", users)}.", "Take it out of these tasks first.");
        await Revisions.EditAsync(request, node.State.Destinations, name, c => c, async expected =>
        {
            await node.Destinations.DeleteAsync(name, expected, cancellationToken);
            return true;
        });
        return TypedResults.NoContent();
    }

    private static async Task<Ok<DestinationTestView>> TestAsync(string name, HoldfastNode node, CancellationToken cancellationToken)
    {
        var config = node.Destinations.Find(name)?.Value ?? throw Missing(name);
        return TypedResults.Ok(View(await node.Destinations.TestAsync(config, cancellationToken)));
    }

    private static Ok<DestinationTestView> ShowTest(string name, HoldfastNode node) => TypedResults.Ok(View(node.Destinations.LastTest(node.Destinations.Find(name)?.Value ?? throw Missing(name))));

    private static DestinationTestView View(DestinationTest? test) => new(test?.FreeBytes, test?.At, test?.Problem);

    private static HoldfastException Missing(string name) => new(ErrorCatalogue.NotFound, $"There is no destination '{name}'.", "List them with: GET /api/v1/destinations");
}
