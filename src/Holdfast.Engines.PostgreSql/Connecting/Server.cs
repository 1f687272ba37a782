using Holdfast.Core.Cluster;

namespace Holdfast.Engines.PostgreSql.Connecting;

/// <summary>A server that has just answered.</summary>
/// <param name="Host">Where it is.</param>
/// <param name="Version">Its version as it says it: <c>15.18 (Debian 15.18-0+deb12u1)</c>.</param>
/// <param name="Major">The first number of it.</param>
/// <param name="IsStandby">Whether it follows another.</param>
/// <param name="Identity">Its group's system identifier; null where the role may not ask.</param>
internal sealed record Server(PostgreSqlHost Host, string Version, int Major, bool IsStandby, string? Identity)
{
    /// <summary>The oldest major that is backed up.</summary>
    public const int OldestMajor = 13;

    /// <summary>Its role.</summary>
    public DatabaseRole Role => IsStandby ? DatabaseRole.Replica : DatabaseRole.Primary;

    /// <summary>What it says of the source.</summary>
    public SourceInfo Info => new(Identity, ShortVersion, Role);

    /// <summary>Its version without what a distribution adds.</summary>
    public string ShortVersion => Version.Split(' ')[0];
}
