namespace Holdfast.Api.Access;

/// <summary>Makes or changes a user.</summary>
public sealed record UserRequest
{
    /// <summary>What the user may do.</summary>
    public required Role Role { get; init; }

    /// <summary>
    /// A new password, 12 to 1024 characters, which the user has to change at the next sign-in; null leaves it. A new
    /// user needs one.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>Whether the user may not sign in.</summary>
    public bool Disabled { get; init; }

    /// <summary>Without the password.</summary>
    public override string ToString() => nameof(UserRequest);
}
