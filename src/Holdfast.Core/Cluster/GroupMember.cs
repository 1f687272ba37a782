namespace Holdfast.Core.Cluster;

/// <summary>One node of a database group, as the observer sees it.</summary>
/// <param name="Node">Tag of the node.</param>
/// <param name="Role">Its role for the database.</param>
/// <param name="IsLive">Whether it can back up the database: it reports, and its source has the database.</param>
/// <param name="Since">When <paramref name="IsLive"/> last changed.</param>
public sealed record GroupMember(string Node, DatabaseRole Role, bool IsLive, DateTimeOffset Since);
