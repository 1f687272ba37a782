using Holdfast.Archive.Format;
using Holdfast.Archive.Reading;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// Compares opened archives with what was written: an archive of another database, an older one or a forged one is refused.
/// </summary>
/// <param name="catalog">The catalog.</param>
public sealed class RecordedArchiveValidator(ICatalog catalog)
{
    /// <summary>Why an archive is not the one that was written there; null if it is, or if the catalog does not know.</summary>
    /// <param name="chain">Path of the chain's folder at its destination.</param>
    /// <param name="name">File name of the archive.</param>
    /// <param name="header">Its header, as read.</param>
    /// <param name="manifestSha256">SHA-256 of its manifest, as read.</param>
    public HoldfastException? FindMismatch(string chain, string name, ArchiveHeader header, string manifestSha256)
    {
        if (catalog.Find(chain)?.Find(name)?.Archive is { IsRecorded: true } written)
        {
            return written.Id != header.Id
                    ? CreateException(
                        chain,
                        name,
                        $"it is archive {header.Id}, started at {header.StartTime:u}; archive {written.Id} was written there"
                    )
                : written.ManifestSha256 is { } manifest && manifest != manifestSha256
                    ? CreateException(
                        chain,
                        name,
                        "its manifest is not the one that was written: somebody has written another archive with the same id"
                    )
                : null;
        }

        return catalog.PathOf(header.Id) is { } path && path != $"{chain}/{name}"
            ? CreateException(chain, name, $"it is the archive that was written to '{path}'")
            : null;
    }

    /// <summary>Whether the catalog has a record to compare with in <see cref="FindMismatch"/>.</summary>
    /// <param name="chain">Path of the chain's folder at its destination.</param>
    /// <param name="name">File name of the archive.</param>
    public bool IsRecorded(string chain, string name) => catalog.Find(chain)?.Find(name)?.Archive is { IsRecorded: true };

    /// <summary>Checks an opened restore point and all archives that it builds on.</summary>
    /// <param name="chain">Path of the chain's folder at its destination.</param>
    /// <param name="reader">Reads the restore point.</param>
    /// <param name="database">The requested database; null if none was named.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Refused"/></exception>
    public void Validate(string chain, ChainReader reader, DatabaseId? database)
    {
        foreach (var archive in reader.Archives)
        {
            var name = Path.GetFileName(archive.Name);
            if (database is not null && archive.Header.Database != database.ToString())
            {
                throw CreateException(chain, name, $"it belongs to database '{archive.Header.Database}'");
            }
            if (FindMismatch(chain, name, archive.Header, archive.ManifestSha256) is { } mismatch)
            {
                throw mismatch;
            }
        }
    }

    private static HoldfastException CreateException(string chain, string name, string why) =>
        new(
            ErrorCatalog.Refused,
            $"'{chain}/{name}' is not what was written there: {why}.",
            "Use the chain at another destination. Find out who can write to this one."
        );
}
