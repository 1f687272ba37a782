using Holdfast.Api.Access;
using Microsoft.AspNetCore.Components.Authorization;

namespace Holdfast.Studio.Api;

/// <summary>The user who is signed in, and which actions pages offer. The server checks every request itself.</summary>
public sealed class Session(AuthenticationStateProvider authentication)
{
    /// <summary>Name of the user.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Role of the user.</summary>
    public Role Role { get; private set; }

    /// <summary>Whether pages offer to define and run backups and restores.</summary>
    public bool IsOperator => Role >= Role.Operator;

    /// <summary>Whether pages offer to manage users, tokens and keys.</summary>
    public bool IsAdmin => Role >= Role.Admin;

    internal async Task LoadAsync()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        Name = user.Identity?.Name ?? "";
        Role = Enum.GetValues<Role>().LastOrDefault(role => user.IsInRole(role.ToString()));
    }
}
