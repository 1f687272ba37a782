namespace Holdfast.Core.Cluster;

/// <summary>One node of a database group, as the observer sees it.</summary>
/// <param name="Node">Its tag.</param>
/// <param name="Role">What it is to the database.</param>
/// <param name="IsLive">Whether it can run a backup of the database: it reports, and its source has the database.</param>
/// <param name="Since">Since when it is live, or is not.</param>
public sealed record GroupMember(string Node, DatabaseRole Role, bool IsLive, DateTimeOffset Since);
