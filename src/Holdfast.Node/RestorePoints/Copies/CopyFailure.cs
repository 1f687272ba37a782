using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints.Copies;

/// <summary>A copy that a restore could not read.</summary>
/// <param name="Location">Where it is.</param>
/// <param name="Path">Path of the file; null if the location failed as a whole.</param>
/// <param name="Problem">Why.</param>
internal sealed record CopyFailure(RestorePointLocation Location, string? Path, HoldfastException Problem);
