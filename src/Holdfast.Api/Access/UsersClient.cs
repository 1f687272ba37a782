using Holdfast.Api.Transport;

namespace Holdfast.Api.Access;

/// <summary>Users.</summary>
public sealed class UsersClient : NamedResourceClient<UserRequest, UserView>
{
    internal UsersClient(ApiSender api)
        : base(api, UserRoutes.List, UserRoutes.Item) { }
}
