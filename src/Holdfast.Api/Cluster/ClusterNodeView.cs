namespace Holdfast.Api.Cluster;

/// <summary>A node as the API shows it.</summary>
/// <param name="Tag">Tag of the node.</param>
/// <param name="Role"><c>Leader</c> or <c>Member</c>.</param>
/// <param name="State"><c>Live</c>, or <c>Away</c> if it is not responding.</param>
/// <param name="LiveSince">When it was started; null while it is away.</param>
/// <param name="Version">Version of Holdfast; null if unknown.</param>
/// <param name="Sources">Names of the sources attached to the node.</param>
/// <param name="Tasks">Number of enabled tasks that the node runs.</param>
public sealed record ClusterNodeView(
    string Tag,
    string Role,
    string State,
    DateTimeOffset? LiveSince,
    string? Version,
    IReadOnlyList<string> Sources,
    int Tasks
);
