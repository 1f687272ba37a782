namespace Holdfast.Api.Access;

/// <summary>A request to create or change a user.</summary>
public sealed record UserRequest
{
    /// <summary>The role of the user.</summary>
    public required Role Role { get; init; }

    /// <summary>
    /// A new password, 12 to 1024 characters, which the user must change at the next sign-in; null keeps the current
    /// password. Required for a new user.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>Whether the user cannot sign in.</summary>
    public bool Disabled { get; init; }

    /// <summary>Leaves out the password.</summary>
    public override string ToString() => nameof(UserRequest);
}
