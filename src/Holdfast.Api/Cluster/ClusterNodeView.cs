namespace Holdfast.Api.Cluster;

/// <summary>A node as the API shows it.</summary>
/// <param name="Tag">Its tag.</param>
/// <param name="Role"><c>Leader</c> or <c>Member</c>.</param>
/// <param name="State"><c>Live</c>, or <c>Away</c> for one that is not heard of.</param>
/// <param name="LiveSince">When it was started; null while it is away.</param>
/// <param name="Version">Its version; null where that is not known.</param>
/// <param name="Sources">Names of the sources that it is attached to.</param>
/// <param name="Tasks">How many tasks it is responsible for, of those that run.</param>
public sealed record ClusterNodeView(
    string Tag,
    string Role,
    string State,
    DateTimeOffset? LiveSince,
    string? Version,
    IReadOnlyList<string> Sources,
    int Tasks
);
