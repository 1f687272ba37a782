using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Access;
using Holdfast.Server.Access.Users;
using Holdfast.Server.Endpoints.Shared;
using Holdfast.Server.Files;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Endpoints.Access;

/// <summary>Endpoints of users. Any change of a user ends all sessions of that user.</summary>
internal static class UserEndpoints
{
    public static void MapUsers(this RouteGroupBuilder api)
    {
        var group = api.MapGroup(UserRoutes.List).WithTags("Users").RequireRole(Role.Admin);
        group.MapGet("", List).WithSummary("List users");
        group.MapGet("/{name}", Show).WithSummary("Show a user");
        group.MapPut("/{name}", PutAsync).WithSummary("Create or change a user");
        group.MapDelete("/{name}", DeleteAsync).WithSummary("Delete a user");
    }

    private static Ok<Page<UserView>> List(UserStore users) =>
        TypedResults.Ok(
            new Page<UserView>([.. users.Users.Items.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => ToView(u.Value))])
        );

    private static Ok<UserView> Show(string name, HttpResponse response, UserStore users)
    {
        var item = users.Find(name) ?? throw NotFound(name);
        return TypedResults.Ok(response.WithETag(item.Revision, ToView(item.Value)));
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
        name = UserName.Normalize(name);
        var was = users.Find(name);
        ValidationException.ThrowIfAny(Validate(name, body, was?.Value));
        var stored = await ConditionalRequests.EditAsync(
            request,
            name,
            () => users.Users.Find(name),
            ToView,
            async expected =>
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
            }
        );
        InitialAdminSetup.DeleteObsoletePasswordFile(users, data);
        var view = response.WithETag(stored.Revision, ToView(stored.Value));
        return was is null
            ? TypedResults.Created(ApiRoutes.BasePath + ApiRoutes.Expand(UserRoutes.Item, name), view)
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
        await ConditionalRequests.EditAsync(
            request,
            UserName.Normalize(name),
            () => users.Users.Find(UserName.Normalize(name)),
            ToView,
            async expected =>
            {
                await users.DeleteAsync(name, expected, cancellationToken);
                return true;
            }
        );
        InitialAdminSetup.DeleteObsoletePasswordFile(users, data);
        return TypedResults.NoContent();
    }

    private static List<ValidationError> Validate(string name, UserRequest body, User? was)
    {
        var errors = new List<ValidationError>();
        if (!UserName.IsValid(name))
        {
            errors.Add(
                new(
                    "name",
                    $"'{name}' is not a valid user name.",
                    "Use 1 to 64 letters, digits, '.', '_', '-' and '@', beginning with a letter or digit."
                )
            );
        }
        if (was is null || body.Password is not null)
        {
            errors.AddRange(PasswordService.Validate("password", body.Password, name));
        }
        return errors;
    }

    private static UserView ToView(User user) => new(user.Name, user.Role, user.Disabled, user.MustChangePassword, user.Created);

    private static HoldfastException NotFound(string name) =>
        new(ErrorCatalog.NotFound, $"There is no user '{name}'.", "List them with: GET /api/v1/users");
}
