using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>A file that could not be deleted together with others.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Error">Why.</param>
public sealed record DeletionFailure(string Path, HoldfastException Error);
