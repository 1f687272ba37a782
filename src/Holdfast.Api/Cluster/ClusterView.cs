namespace Holdfast.Api.Cluster;

/// <summary>The cluster as the API shows it.</summary>
/// <param name="AnsweredBy">Tag of the node that sent this answer.</param>
/// <param name="Leader">Tag of the leader; null if there is none.</param>
/// <param name="Nodes">All nodes.</param>
public sealed record ClusterView(string AnsweredBy, string? Leader, IReadOnlyList<ClusterNodeView> Nodes);
