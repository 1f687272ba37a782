using Holdfast.Api.Access;

namespace Holdfast.Server.Access.Users;

/// <summary>A person who may sign in, as it is stored.</summary>
public sealed record User
{
    /// <summary>The name, in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>What the user may do.</summary>
    public required Role Role { get; init; }

    /// <summary>The password, as ASP.NET Core's hasher writes it.</summary>
    public required string PasswordHash { get; init; }

    /// <summary>Changes whenever password, role or state do: a session with another stamp has ended.</summary>
    public required string Stamp { get; init; }

    /// <summary>Whether somebody else chose the password: nothing is allowed before it is changed.</summary>
    public bool MustChangePassword { get; init; }

    /// <summary>
    /// Whether this is the user of the first start with its one-time password. While there is one, the server answers
    /// this machine only.
    /// </summary>
    public bool HasFirstPassword { get; init; }

    /// <summary>Whether the user may not sign in.</summary>
    public bool Disabled { get; init; }

    /// <summary>When the user was made.</summary>
    public required DateTimeOffset Created { get; init; }
}
