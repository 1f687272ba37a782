using Holdfast.Api.Access;

namespace Holdfast.Server.Access;

/// <summary>Who makes a request.</summary>
/// <param name="Name">Name of the user or token.</param>
/// <param name="Role">What the caller may do.</param>
/// <param name="IsUser">True for a person with a session, false for a token.</param>
/// <param name="MustChangePassword">Whether nothing else is allowed yet.</param>
public sealed record Caller(string Name, Role Role, bool IsUser, bool MustChangePassword)
{
    /// <summary>How audit log and operations name the caller: <c>alice</c>, <c>token:ci</c>.</summary>
    public string Display => IsUser ? Name : $"token:{Name}";
}
