namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>A grant on a database.</summary>
/// <param name="Privilege"><c>CONNECT</c>, <c>CREATE</c> or <c>TEMPORARY</c>.</param>
/// <param name="CanGrant">Whether it has the grant option.</param>
/// <param name="Role">The grantee; null for PUBLIC.</param>
internal sealed record DatabaseGrant(string Privilege, bool CanGrant, string? Role = null)
{
    /// <summary>The grants of every new database.</summary>
    public static IReadOnlyList<DatabaseGrant> Defaults { get; } = [new("CONNECT", false), new("TEMPORARY", false)];
}
