using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.RestorePoints;

/// <summary>Opens a restore point with the archives that it builds on, before anything is created.</summary>
public static class RestorePointReader
{
    private const int MaxRemoteOpenings = 8;

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
        var opening = new Queue<Task<ArchiveReader>>();
        HoldfastException? unreadable = null;
        try
        {
            opened.Add(await OpenAsync(destination, point.Archive, keys, cancellationToken));
            // Parents usually precede a restore point directly by name, so the newest are tried first, until all are found.
            var others = point
                .Chain.Archives.Where(a => a != point.Archive)
                .OrderByDescending(a => a.Name.Time <= point.Archive.Name.Time)
                .ThenByDescending(a => a.Name.Time);
            var remaining = new Queue<StoredArchive>(others);
            // A passphrase takes a second and much memory to try; other archives cost requests rather than work.
            var window = destination.Capabilities.RecursiveList && keys.Passphrases.Count == 0 ? MaxRemoteOpenings : 1;
            while (FindMissing(opened) is not null && (remaining.Count > 0 || opening.Count > 0))
            {
                while (opening.Count < window && remaining.TryDequeue(out var other))
                {
                    opening.Enqueue(OpenAsync(destination, other, keys, cancellationToken));
                }
                try
                {
                    opened.Add(await opening.Dequeue());
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
        finally
        {
            await CloseAsync(opening);
        }
    }

    private static async Task<ArchiveReader> OpenAsync(
        IDestination destination,
        StoredArchive archive,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var source = await destination.OpenAsync(archive.Path, cancellationToken);
            try
            {
                return await ArchiveReader.OpenAsync(source, keys, cancellationToken);
            }
            catch (HoldfastException e) when (e.IsDamage)
            {
                // If there is another copy, the destination opens that one now.
                if (!await source.TryNextCopyAsync(source.Copy, e, cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    // Archives that were opened ahead and turned out not to be needed; whether they could be opened does not matter.
    private static async Task CloseAsync(Queue<Task<ArchiveReader>> opening)
    {
        foreach (var task in opening)
        {
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (task.IsCompletedSuccessfully)
            {
                await (await task).DisposeAsync();
            }
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
