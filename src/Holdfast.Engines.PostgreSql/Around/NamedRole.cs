namespace Holdfast.Engines.PostgreSql.Around;

/// <summary>A role that a database names.</summary>
/// <param name="Name">Its name.</param>
/// <param name="CanLogIn">Whether it may log in.</param>
/// <param name="IsOwner">Whether it owns something.</param>
/// <param name="IsNamed">Whether it stands in a grant or a policy.</param>
internal sealed record NamedRole(string Name, bool CanLogIn, bool IsOwner, bool IsNamed);
