namespace Holdfast.Node.Discovery;

/// <summary>The sources that the configuration file defines, as opposed to those defined over the API.</summary>
/// <param name="Items">The sources.</param>
public sealed record ConfiguredSources(IReadOnlyList<AttachedSource> Items);
