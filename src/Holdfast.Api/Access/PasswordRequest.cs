namespace Holdfast.Api.Access;

/// <summary>A request to change the password of the signed-in user.</summary>
/// <param name="Password">The current password.</param>
/// <param name="NewPassword">The new password, 12 to 1024 characters.</param>
public sealed record PasswordRequest(string Password, string NewPassword)
{
    /// <summary>Leaves out the passwords.</summary>
    public override string ToString() => nameof(PasswordRequest);
}
