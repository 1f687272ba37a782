using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints;

/// <summary>Whether a restore point can be read, as far as that is known before it is.</summary>
/// <param name="Point">The point.</param>
/// <param name="Needs">What opens it; null for an archive in clear.</param>
public sealed record RestorePointCheck(RestorePoint Point, AgeRequirement? Needs)
{
    /// <summary>Its header; null where it cannot be read.</summary>
    public ArchiveHeader? Header { get; init; }

    /// <summary>Archives that it takes.</summary>
    public int Archives { get; init; }

    /// <summary>Bytes of those files.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes that will be written.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>
    /// Owner and mode of the file that was backed up; null where it cannot be read, where the archive does not say, and
    /// where the database was no file.
    /// </summary>
    public FilePermissions? File { get; init; }

    /// <summary>Why it cannot be read; null where it can.</summary>
    public HoldfastException? Problem { get; init; }
}
