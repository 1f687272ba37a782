using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.RestorePoints;

/// <summary>Opens a restore point with the archives that it builds on, before anything is created.</summary>
public static class RestorePointReader
{
    /// <summary>Opens the restore point and its chain.</summary>
    /// <exception cref="HoldfastException">A key is missing or wrong, or an archive is corrupt, truncated or missing; the message
    /// names the file and position.</exception>
    public static async Task<ChainReader> OpenAsync(
        IDestination destination,
        RestorePoint point,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        var opened = new List<ArchiveReader>();
        HoldfastException? unreadable = null;
        try
        {
            opened.Add(
                await ArchiveReader.OpenAsync(await destination.OpenAsync(point.Archive.Path, cancellationToken), keys, cancellationToken)
            );
            // Parents usually precede a restore point directly by name, so the newest are tried first, until all are found.
            var others = point
                .Chain.Archives.Where(a => a != point.Archive)
                .OrderByDescending(a => a.Name.Time <= point.Archive.Name.Time)
                .ThenByDescending(a => a.Name.Time)
                .ToList();
            foreach (var other in others)
            {
                if (FindMissing(opened) is null)
                {
                    break;
                }
                try
                {
                    opened.Add(
                        await ArchiveReader.OpenAsync(await destination.OpenAsync(other.Path, cancellationToken), keys, cancellationToken)
                    );
                }
                catch (HoldfastException e)
                {
                    unreadable ??= e; // matters only if it is one of the missing archives
                }
            }

            if (FindMissing(opened) is not null && unreadable is not null)
            {
                throw unreadable;
            }
            var chain = ChainReader.Join(opened[0], opened[1..], Environment.ProcessorCount);
            foreach (var unused in opened.Where(a => !chain.Archives.Contains(a)))
            {
                await unused.DisposeAsync();
            }
            return chain;
        }
        catch
        {
            foreach (var archive in opened)
            {
                await archive.DisposeAsync();
            }
            throw;
        }
    }

    private static string? FindMissing(List<ArchiveReader> opened)
    {
        var byId = opened.ToLookup(a => a.Header.Id, StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var archive = opened[0]; archive.Header.Parent is { } parent && seen.Add(parent); archive = byId[parent].First())
        {
            if (!byId.Contains(parent))
            {
                return parent;
            }
        }

        return null;
    }
}
