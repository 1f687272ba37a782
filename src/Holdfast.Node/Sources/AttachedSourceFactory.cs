using Holdfast.Engines.Sources;
using Holdfast.Node.Discovery;

namespace Holdfast.Node.Sources;

/// <summary>Creates a source from a definition. Does no I/O.</summary>
/// <param name="definition">The definition.</param>
/// <param name="secrets">Reads its passwords.</param>
/// <exception cref="ValidationException">The definition has errors.</exception>
public delegate AttachedSource AttachedSourceFactory(SourceDefinition definition, SourceSecrets secrets);
