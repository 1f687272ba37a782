namespace Holdfast.Core.Cluster;

/// <summary>Which node runs a task.</summary>
/// <param name="Node">Its tag.</param>
/// <param name="Epoch">The revision at which it was assigned; a node of an older one has lost the task.</param>
public sealed record Assignment(string Node, long Epoch);
