namespace Holdfast.Api.Access;

/// <summary>A request to sign in.</summary>
/// <param name="User">Name of the user.</param>
/// <param name="Password">Password of the user.</param>
public sealed record SignInRequest(string User, string Password)
{
    /// <summary>Leaves out the password.</summary>
    public override string ToString() => nameof(SignInRequest);
}
