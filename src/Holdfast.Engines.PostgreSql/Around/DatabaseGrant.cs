namespace Holdfast.Engines.PostgreSql.Around;

/// <summary>One grant on a database.</summary>
/// <param name="Role">To whom; null for everybody.</param>
/// <param name="Privilege"><c>CONNECT</c>, <c>CREATE</c> or <c>TEMPORARY</c>.</param>
/// <param name="CanGrant">Whether they may hand it on.</param>
internal sealed record DatabaseGrant(string? Role, string Privilege, bool CanGrant);
