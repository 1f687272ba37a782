using Holdfast.Archive.Format;
using Holdfast.Archive.Reading;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// Holds archives that were opened against what was written: an archive of another database, an older one or a forged
/// one is refused.
/// </summary>
/// <param name="catalog">What was written.</param>
public sealed class RecordedArchiveValidator(ICatalog catalog)
{
    /// <summary>Why an archive is not the one that was written there; null where it is, or where nothing is known of it.</summary>
    /// <param name="chain">Path of the chain's folder at its destination.</param>
    /// <param name="name">File name of the archive.</param>
    /// <param name="header">Its header, as it was read.</param>
    /// <param name="manifestSha256">SHA-256 of its manifest, as it was read.</param>
    public HoldfastException? FindMismatch(string chain, string name, ArchiveHeader header, string manifestSha256)
    {
        if (catalog.Find(chain)?.Find(name)?.Archive is { IsRecorded: true } written)
        {
            return written.Id != header.Id
                    ? CreateException(
                        chain,
                        name,
                        $"it is archive {header.Id}, begun at {header.StartTime:u}; archive {written.Id} was written there"
                    )
                : written.ManifestSha256 != manifestSha256
                    ? CreateException(
                        chain,
                        name,
                        "its manifest is not the one that was written: somebody has written another archive with the same id"
                    )
                : null;
        }

        return catalog.PathOf(header.Id) is { } path && path != $"{chain}/{name}"
            ? CreateException(chain, name, $"it is the archive that was written as '{path}'")
            : null;
    }

    /// <summary>Whether it is known what was written there, so that <see cref="FindMismatch"/> can tell.</summary>
    /// <param name="chain">Path of the chain's folder at its destination.</param>
    /// <param name="name">File name of the archive.</param>
    public bool IsRecorded(string chain, string name) => catalog.Find(chain)?.Find(name)?.Archive is { IsRecorded: true };

    /// <summary>Checks a point that was opened, and all that it builds on.</summary>
    /// <param name="chain">Path of the chain's folder at its destination.</param>
    /// <param name="reader">The point.</param>
    /// <param name="database">The database that it was asked for as; null where none was named.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Refused"/></exception>
    public void Validate(string chain, ChainReader reader, DatabaseId? database)
    {
        foreach (var archive in reader.Archives)
        {
            var name = Path.GetFileName(archive.Name);
            if (database is not null && archive.Header.Database != database.ToString())
            {
                throw CreateException(chain, name, $"it is of database '{archive.Header.Database}'");
            }
            if (FindMismatch(chain, name, archive.Header, archive.ManifestSha256) is { } mismatch)
            {
                throw mismatch;
            }
        }
    }

    private static HoldfastException CreateException(string chain, string name, string why) =>
        new(
            ErrorCatalogue.Refused,
            $"'{chain}/{name}' is not what was written there: {why}.",
            "Take the chain from another destination. Find out who can write to this one."
        );
}
