using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Search;

/// <summary>An archive as a restore point.</summary>
/// <param name="Chain">Its chain.</param>
/// <param name="Archive">The archive.</param>
public sealed record RestorePoint(StoredChain Chain, StoredArchive Archive)
{
    /// <summary>The keys that the archive requires; null if it is unencrypted.</summary>
    public AgeRequirement? Needs { get; init; }

    /// <summary>Its header; null if unreadable, because of a missing key or <see cref="Problem"/>.</summary>
    public ArchiveHeader? Header { get; init; }

    /// <summary>Its problem; null if none is known.</summary>
    public HoldfastException? Problem { get; init; }
}
