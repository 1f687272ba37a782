namespace Holdfast.Api.Access;

/// <summary>Signs in.</summary>
/// <param name="User">The name.</param>
/// <param name="Password">The password.</param>
public sealed record SignInRequest(string User, string Password)
{
    /// <summary>Without the password.</summary>
    public override string ToString() => nameof(SignInRequest);
}
