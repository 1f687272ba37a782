using Holdfast.Api.Access;

namespace Holdfast.Server.Access;

/// <summary>Metadata of an endpoint: who may call it. Where there are several, all must be met.</summary>
/// <param name="Role">The least role.</param>
/// <param name="BeforePasswordChange">Whether it may be called by who has yet to change the password.</param>
public sealed record RequiredRoleMetadata(Role Role, bool BeforePasswordChange = false);
