using Holdfast.Api.Access;

namespace Holdfast.Server.Access;

/// <summary>The caller of a request.</summary>
/// <param name="Name">Name of the user or token.</param>
/// <param name="Role">Role of the caller.</param>
/// <param name="IsUser">True for a person with a session, false for a token.</param>
/// <param name="MustChangePassword">Whether the password must be changed before anything else is allowed.</param>
public sealed record Caller(string Name, Role Role, bool IsUser, bool MustChangePassword)
{
    /// <summary>Name of the caller in the audit log and in operations: <c>alice</c>, <c>token:ci</c>.</summary>
    public string Display => IsUser ? Name : $"token:{Name}";
}
