namespace Holdfast.Api.Access;

/// <summary>Who is signed in.</summary>
/// <param name="User">Name of the user; of the token, for a program.</param>
/// <param name="Role">What the caller may do.</param>
/// <param name="MustChangePassword">Whether nothing else is allowed before the password is changed.</param>
public sealed record SessionView(string User, Role Role, bool MustChangePassword);
