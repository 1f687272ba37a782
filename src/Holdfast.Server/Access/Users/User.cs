using Holdfast.Api.Access;

namespace Holdfast.Server.Access.Users;

/// <summary>A user as it is stored.</summary>
public sealed record User
{
    /// <summary>Name in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>Role of the user.</summary>
    public required Role Role { get; init; }

    /// <summary>Hash of the password, in the format of ASP.NET Core.</summary>
    public required string PasswordHash { get; init; }

    /// <summary>Changes with the password, role or state of the user, which ends all sessions with another stamp.</summary>
    public required string Stamp { get; init; }

    /// <summary>Whether somebody else chose the password, so that it must be changed before anything else is allowed.</summary>
    public bool MustChangePassword { get; init; }

    /// <summary>
    /// Whether this user still has the initial password. As long as there is such a user, the server only answers
    /// requests from this machine.
    /// </summary>
    public bool HasFirstPassword { get; init; }

    /// <summary>Whether the user cannot sign in.</summary>
    public bool Disabled { get; init; }

    /// <summary>When the user was created.</summary>
    public required DateTimeOffset Created { get; init; }
}
