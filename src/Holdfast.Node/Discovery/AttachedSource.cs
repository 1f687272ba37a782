using Holdfast.Engines.Sources;

namespace Holdfast.Node.Discovery;

/// <summary>A source that this node is attached to.</summary>
/// <param name="Engine">Name of its engine.</param>
/// <param name="Source">The source.</param>
/// <param name="CanSnapshot">Whether the engine can take snapshots.</param>
public sealed record AttachedSource(string Engine, IDatabaseSource Source, bool CanSnapshot)
{
    /// <summary>Name of the source.</summary>
    public string Name => Source.Name;
}
