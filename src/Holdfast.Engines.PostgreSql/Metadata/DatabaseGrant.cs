namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>One grant on a database.</summary>
/// <param name="Privilege"><c>CONNECT</c>, <c>CREATE</c> or <c>TEMPORARY</c>.</param>
/// <param name="CanGrant">Whether they may hand it on.</param>
/// <param name="Role">To whom; null for everybody.</param>
internal sealed record DatabaseGrant(string Privilege, bool CanGrant, string? Role = null)
{
    /// <summary>What every new database has.</summary>
    public static IReadOnlyList<DatabaseGrant> Defaults { get; } = [new("CONNECT", false), new("TEMPORARY", false)];
}
