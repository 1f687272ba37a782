using Holdfast.Engines;
using Holdfast.Node.Discovery;

namespace Holdfast.Node.Sources;

/// <summary>Attaches a source that was defined over the API. Does no I/O.</summary>
/// <param name="definition">The definition.</param>
/// <param name="secrets">Gives its passwords.</param>
/// <exception cref="ValidationException">The definition has errors.</exception>
public delegate AttachedSource AttachedSourceFactory(SourceDefinition definition, SourceSecrets secrets);
