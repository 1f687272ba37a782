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

    /// <summary>
    /// Its header; null if unreadable, because of a missing key or <see cref="Problem"/>, or if the archive was not opened because the
    /// file for other servers describes it.
    /// </summary>
    public ArchiveHeader? Header { get; init; }

    /// <summary>Its id, to be shown; null if unknown.</summary>
    public string? Id => Header?.Id ?? Hint?.Ids.Id;

    /// <summary>Id of the archive that it builds on, to be shown; null for a full one, and if unknown.</summary>
    public string? Parent => Header is null ? Hint?.Ids.Parent : Header.Parent;

    /// <summary>Its database, <c>source/name</c>, to be shown; null if unknown.</summary>
    public string? Database => Header?.Database ?? Hint?.Database;

    /// <summary>What the file for other servers says about it, which nobody signs; null if the archive was opened.</summary>
    internal RestorePointHint? Hint { get; init; }

    /// <summary>Its problem; null if none is known.</summary>
    public HoldfastException? Problem { get; init; }
}
