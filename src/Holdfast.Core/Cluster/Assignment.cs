namespace Holdfast.Core.Cluster;

/// <summary>The node that runs a task.</summary>
/// <param name="Node">Tag of the node.</param>
/// <param name="Epoch">The revision of the assignment; a node with an older one no longer owns the task.</param>
public sealed record Assignment(string Node, long Epoch);
