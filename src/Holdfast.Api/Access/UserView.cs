namespace Holdfast.Api.Access;

/// <summary>A user as the API shows it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Role">What the user may do.</param>
/// <param name="Disabled">Whether the user may not sign in.</param>
/// <param name="MustChangePassword">Whether the password has to be changed first.</param>
/// <param name="Created">When the user was made.</param>
public sealed record UserView(string Name, Role Role, bool Disabled, bool MustChangePassword, DateTimeOffset Created);
