using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints;

/// <summary>Whether a restore point can be read, as far as that can be determined before reading it.</summary>
/// <param name="Point">The restore point.</param>
/// <param name="Needs">The keys that it requires; null if it is unencrypted.</param>
public sealed record RestorePointCheck(RestorePoint Point, AgeRequirement? Needs)
{
    /// <summary>Its header; null if unreadable.</summary>
    public ArchiveHeader? Header { get; init; }

    /// <summary>Number of archives that it requires.</summary>
    public int Archives { get; init; }

    /// <summary>Total size of these files, in bytes.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes that a restore writes.</summary>
    public long DatabaseBytes { get; init; }

    /// <summary>
    /// Owner and mode of the original file; null if unreadable, if the archive does not contain them, or if the database was not a
    /// file.
    /// </summary>
    public FilePermissions? File { get; init; }

    /// <summary>Why it cannot be read; null if it can.</summary>
    public HoldfastException? Problem { get; init; }
}
