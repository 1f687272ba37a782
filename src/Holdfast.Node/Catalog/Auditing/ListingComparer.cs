using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// Compares the listing of a chain's folder with the catalog: names and lengths. The catalog must be read before the listing is
/// taken; otherwise an archive that is published in between looks missing.
/// </summary>
internal static class ListingComparer
{
    /// <summary>Returns the differences; empty if there are none.</summary>
    /// <param name="known">The chain in the catalog; null if unknown.</param>
    /// <param name="path">Path of the chain's folder.</param>
    /// <param name="listed">The archives in the listing.</param>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="now">The current time.</param>
    /// <param name="identity">Identity of the listed destination; null if it has none.</param>
    public static IReadOnlyList<CopyFinding> Compare(
        CatalogChain? known,
        string path,
        IReadOnlyList<StoredArchive> listed,
        string destination,
        DateTimeOffset now,
        string? identity = null
    )
    {
        var findings = new List<CopyFinding>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var archive in listed)
        {
            var name = archive.Name.ToString();
            names.Add(name);
            var entry = known?.Find(name);
            var copy = entry?.CopyAt(destination);
            var (state, problem) = Classify(archive, entry, copy);
            if (copy is not null && copy.State == state)
            {
                continue;
            }
            var isOther = copy is null && entry is { Archive.IsRecorded: false } && entry.Archive.Length != archive.Length;
            // The problem of an archive that never existed there is not that it is missing.
            findings.Add(
                Finding(name, copy is null && state == CopyState.Missing ? CopyState.Damaged : state, problem) with
                {
                    Archive = entry is null ? new() { Name = name, Length = archive.Length } : null,
                    Length = isOther ? archive.Length : null,
                }
            );
        }

        foreach (var entry in known?.Entries ?? [])
        {
            if (names.Contains(entry.Archive.Name) || entry.CopyAt(destination) is null or { State: CopyState.Missing })
            {
                continue;
            }
            findings.Add(Finding(entry.Archive.Name, CopyState.Missing, new(ErrorCatalog.NotFound.Code, "It does not exist.", null)));
        }

        return findings;

        CopyFinding Finding(string name, CopyState state, OperationError? problem) =>
            new()
            {
                Chain = path,
                Name = name,
                Destination = destination,
                Identity = identity,
                State = state,
                At = now,
                Problem = problem,
                IsListed = true,
            };
    }

    private static (CopyState State, OperationError? Problem) Classify(StoredArchive archive, CatalogEntry? entry, CatalogCopy? copy)
    {
        if (entry is null)
        {
            return (CopyState.Whole, null);
        }
        if (copy?.State == CopyState.Damaged)
        {
            return (copy.State, copy.Problem); // until the archive is read and found intact, or replaced
        }
        // It is unknown which of two copies is right before one of them is verified.
        if (!entry.Archive.IsRecorded && copy is null)
        {
            return (CopyState.Whole, null);
        }
        var expected = entry.Archive.IsRecorded ? entry.Archive.Length : copy!.Length ?? entry.Archive.Length;
        if (archive.Length != expected)
        {
            var error = archive.Length < expected ? ErrorCatalog.Truncated : ErrorCatalog.Corrupt;
            return (CopyState.Missing, new(error.Code, $"It has {archive.Length} bytes; {expected} were written.", null));
        }

        if (copy is { State: CopyState.Missing, WasDamaged: true })
        {
            return (
                CopyState.Damaged,
                new(ErrorCatalog.Corrupt.Code, "It was damaged before it went missing, and has not been read since.", null)
            );
        }

        if (entry.Archive.IndexLength is { } index && archive.IndexLength != index)
        {
            var text = archive.IndexLength is { } length
                ? $"Its index has {length} bytes; {index} were written."
                : "Its index does not exist.";
            return (CopyState.WithoutIndex, new(archive.HasIndex ? ErrorCatalog.Truncated.Code : ErrorCatalog.NotFound.Code, text, null));
        }

        // An index that was read and is damaged can still have the right length.
        return copy is { State: CopyState.WithoutIndex, Problem.Code: { } code } && code == ErrorCatalog.Corrupt.Code
            ? (copy.State, copy.Problem)
            : (CopyState.Whole, null);
    }
}
