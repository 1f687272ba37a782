namespace Holdfast.Destinations.Urls;

/// <summary>What a URL says.</summary>
/// <param name="Settings">The settings of the outermost root that contains it, by name.</param>
/// <param name="Path">Path from that root, separated by <c>/</c>; empty for the root itself.</param>
/// <param name="PathKey">The setting that makes a root of the path.</param>
public sealed record DestinationUrl(IReadOnlyDictionary<string, string> Settings, string Path, string PathKey);
