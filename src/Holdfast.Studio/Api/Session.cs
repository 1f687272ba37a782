using Holdfast.Api.Access;
using Microsoft.AspNetCore.Components.Authorization;

namespace Holdfast.Studio.Api;

/// <summary>Who is signed in, and what is offered to them. The server checks again whatever is asked.</summary>
public sealed class Session(AuthenticationStateProvider authentication)
{
    /// <summary>Name of the user.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What the user may do.</summary>
    public Role Role { get; private set; }

    /// <summary>Whether backups, restores and definitions are offered.</summary>
    public bool IsOperator => Role >= Role.Operator;

    /// <summary>Whether users, tokens and keys are offered.</summary>
    public bool IsAdmin => Role >= Role.Admin;

    internal async Task LoadAsync()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        Name = user.Identity?.Name ?? "";
        Role = Enum.GetValues<Role>().LastOrDefault(role => user.IsInRole(role.ToString()));
    }
}
