using Holdfast.Api.Access;

namespace Holdfast.Server.Access;

/// <summary>Metadata of an endpoint: the role that it requires. If there are several, all must be met.</summary>
/// <param name="Role">The lowest role that is allowed.</param>
/// <param name="BeforePasswordChange">Whether it is allowed before the user has changed the password.</param>
public sealed record RequiredRoleMetadata(Role Role, bool BeforePasswordChange = false);
