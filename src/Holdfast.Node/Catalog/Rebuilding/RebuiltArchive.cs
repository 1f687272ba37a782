using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>An archive that was found at a destination.</summary>
/// <param name="Archive">What is known about it.</param>
/// <param name="IsKnown">Whether the catalog keeps what it knows already.</param>
/// <param name="IsRead">Whether its ids are from the archive itself.</param>
/// <param name="Damage">Why it is damaged, if it could not be opened; null if that is not known.</param>
internal sealed record RebuiltArchive(CatalogArchive Archive, bool IsKnown = false, bool IsRead = false, HoldfastException? Damage = null);
