using Holdfast.Core.Errors;

namespace Holdfast.Node.Discovery;

/// <summary>Attaches a source that was defined over the API. Does no I/O.</summary>
/// <param name="definition">The definition.</param>
/// <param name="password">Gives its password, when a connection is made; null for none.</param>
/// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/>, when it cannot be one.</exception>
public delegate AttachedSource AttachSource(SourceDefinition definition, Func<CancellationToken, ValueTask<string?>> password);
