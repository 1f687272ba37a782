using Holdfast.Node.Catalog.Sharing;

namespace Holdfast.Node.Catalog.Search;

/// <summary>What the file for other servers says about an archive that was not opened.</summary>
/// <param name="Database">The database: <c>source/name</c>.</param>
/// <param name="Ids">Its ids.</param>
internal sealed record RestorePointHint(string Database, SharedArchiveIds Ids);
