namespace Holdfast.Api.Access;

/// <summary>Changes one's own password.</summary>
/// <param name="Password">The present one.</param>
/// <param name="NewPassword">The new one, 12 to 1024 characters.</param>
public sealed record PasswordRequest(string Password, string NewPassword)
{
    /// <summary>Without the passwords.</summary>
    public override string ToString() => nameof(PasswordRequest);
}
