namespace Holdfast.Api.Access;

/// <summary>A user as the API shows it.</summary>
/// <param name="Name">Name of the user.</param>
/// <param name="Role">Role of the user.</param>
/// <param name="Disabled">Whether the user cannot sign in.</param>
/// <param name="MustChangePassword">Whether the user must change the password at the next sign-in.</param>
/// <param name="Created">When the user was created.</param>
public sealed record UserView(string Name, Role Role, bool Disabled, bool MustChangePassword, DateTimeOffset Created);
