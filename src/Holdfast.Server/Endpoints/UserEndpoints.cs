using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Access;
using Holdfast.Server.Files;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints;

/// <summary>Users. Whatever is changed of one ends that user's sessions.</summary>
internal static class UserEndpoints
{
    public static void MapUsers(this RouteGroupBuilder api)
    {
        var group = api.MapGroup("/users").WithTags("Users").RequireRole(Role.Admin);
        group.MapGet("", List).WithSummary("All users");
        group.MapGet("/{name}", Show).WithSummary("One user");
        group.MapPut("/{name}", PutAsync).WithSummary("Make or change a user");
        group.MapDelete("/{name}", DeleteAsync).WithSummary("Delete a user");
    }

    private static Ok<Page<UserView>> List(UserStore users) =>
        TypedResults.Ok(new Page<UserView>([.. users.Users.Items.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => View(u.Value))]));

    private static Ok<UserView> Show(string name, HttpResponse response, UserStore users)
    {
        var item = users.Find(name) ?? throw Missing(name);
        return TypedResults.Ok(response.WithTag(item.Revision, View(item.Value)));
    }

    private static async Task<Results<Ok<UserView>, Created<UserView>>> PutAsync(
        string name,
        UserRequest body,
        HttpRequest request,
        HttpResponse response,
        UserStore users,
        DataFolder data,
        CancellationToken cancellationToken
    )
    {
        name = UserName.Normal(name);
        var was = users.Find(name);
        InvalidException.ThrowIfAny(Faults(name, body, was?.Value));
        var stored = await Revisions.EditAsync(request, users.Users, name, View, async expected =>
        {
            var user =
                was is null ? users.New(name, body.Role, body.Password!)
                : body.Password is null ? was.Value
                : users.WithPassword(was.Value, body.Password, mustChange: true);
            return await users.PutAsync(
                user with
                {
                    Role = body.Role,
                    Disabled = body.Disabled,
                },
                expected ?? was?.Revision ?? 0,
                cancellationToken
            );
        });
        FirstStart.Forget(users, data);
        var view = response.WithTag(stored.Revision, View(stored.Value));
        return was is null
            ? TypedResults.Created($"{HoldfastServer.ApiPath}/users/{Uri.EscapeDataString(name)}", view)
            : TypedResults.Ok(view);
    }

    private static async Task<NoContent> DeleteAsync(
        string name,
        HttpRequest request,
        UserStore users,
        DataFolder data,
        CancellationToken cancellationToken
    )
    {
        await Revisions.EditAsync(request, users.Users, UserName.Normal(name), View, async expected =>
        {
            await users.DeleteAsync(name, expected, cancellationToken);
            return true;
        });
        FirstStart.Forget(users, data);
        return TypedResults.NoContent();
    }

    private static List<Fault> Faults(string name, UserRequest body, User? was)
    {
        var faults = new List<Fault>();
        if (!UserName.IsValid(name))
        {
            faults.Add(
                new(
                    "name",
                    $"'{name}' cannot name a user.",
                    "Use 1 to 64 letters, digits, '.', '_', '-' and '@', the first a letter or digit."
                )
            );
        }
        if (was is null || body.Password is not null)
        {
            faults.AddRange(Passwords.Faults("password", body.Password, name));
        }
        return faults;
    }

    private static UserView View(User user) => new(user.Name, user.Role, user.Disabled, user.MustChangePassword, user.Created);

    private static HoldfastException Missing(string name) =>
        new(ErrorCatalogue.NotFound, $"There is no user '{name}'.", "List them with: GET /api/v1/users");
}
