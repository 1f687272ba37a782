using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Search;

/// <summary>One archive as a point to restore.</summary>
/// <param name="Chain">Its chain.</param>
/// <param name="Archive">The archive.</param>
public sealed record RestorePoint(StoredChain Chain, StoredArchive Archive)
{
    /// <summary>What it takes to open it; null for an archive in clear.</summary>
    public AgeRequirement? Needs { get; init; }

    /// <summary>Its header; null where it cannot be read, for want of a key or because of <see cref="Problem"/>.</summary>
    public ArchiveHeader? Header { get; init; }

    /// <summary>What is wrong with it; null where nothing is known to be.</summary>
    public HoldfastException? Problem { get; init; }
}
