namespace Holdfast.Api.Access;

/// <summary>The signed-in user.</summary>
/// <param name="User">Name of the user, or of the token.</param>
/// <param name="Role">The role of the caller.</param>
/// <param name="MustChangePassword">Whether the password must be changed before anything else is allowed.</param>
public sealed record SessionView(string User, Role Role, bool MustChangePassword);
