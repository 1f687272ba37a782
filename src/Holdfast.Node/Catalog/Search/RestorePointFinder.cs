using System.Runtime.CompilerServices;
using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Search;

/// <summary>Lists restore points, and selects the requested one.</summary>
public static class RestorePointFinder
{
    private const int MaxListed = 20;

    // How many archives are opened at once where that costs requests rather than work.
    private const int MaxRemoteReads = 8;

    /// <summary>
    /// Lists all restore points under a path to be shown, by folder, the newest first. An archive that the file for other servers of its
    /// folder describes as the listing shows it is not opened. An unreadable archive is listed with its problem.
    /// </summary>
    /// <param name="path">The location.</param>
    /// <param name="keys">Keys that open archives.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <param name="latest">
    /// The latest possible current time. Chains with later names are ordered by the time in their headers, or come last if that
    /// cannot be read. Null to order by names alone.
    /// </param>
    public static async IAsyncEnumerable<RestorePoint> ListAsync(
        ResolvedLocation path,
        AgeKeys keys,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        DateTimeOffset? latest = null
    )
    {
        var window = path.Destination.Capabilities.RecursiveList ? MaxRemoteReads : 1;
        var folders = path.Chains.GroupBy(FolderOf, StringComparer.Ordinal);
        await foreach (var (folder, hints) in ReadHintsAsync(path, folders, window, cancellationToken))
        {
            if (latest is { } now && folder.Any(c => c.HasFutureName(now)))
            {
                foreach (var point in await InOrderAsync(path, folder, keys, now, cancellationToken))
                {
                    yield return point;
                }
                continue;
            }

            foreach (var chain in folder)
            {
                await foreach (var point in ListChainAsync(path, chain, hints, keys, cancellationToken))
                {
                    yield return point;
                }
            }
        }
    }

    /// <summary>
    /// Opens all archives under a path, to decide what is restored: no file for other servers is asked. The order is that of <see
    /// cref="ListAsync"/>.
    /// </summary>
    /// <param name="path">The location.</param>
    /// <param name="keys">Keys that open archives.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public static async IAsyncEnumerable<RestorePoint> ReadAllAsync(
        ResolvedLocation path,
        AgeKeys keys,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var chain in path.Chains)
        {
            await foreach (var point in ListChainAsync(path, chain, null, keys, cancellationToken))
            {
                yield return point;
            }
        }
    }

    /// <summary>
    /// Selects the requested restore point: the named file, the newest one of the only chain, or the one that <paramref
    /// name="wanted"/> names.
    /// </summary>
    /// <param name="path">The location.</param>
    /// <param name="wanted">A time as in file names, an ISO time, or the id of an archive; null for the newest.</param>
    /// <param name="keys">Keys that open archives, to find an id.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/>, or <see cref="ErrorCatalog.Usage"/> with the
    /// candidates if there are several.</exception>
    public static async Task<RestorePoint> FindAsync(
        ResolvedLocation path,
        string? wanted,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        if (path.Archive is not null)
        {
            return new(path.Chains[0], path.Archive);
        }
        if (wanted is null)
        {
            return await NewestAsync(path, keys, cancellationToken);
        }
        var found = ParseTime(wanted) is { } time
            ? [.. path.Chains.SelectMany(c => c.Archives.Where(a => a.Name.Time == time).Select(a => new RestorePoint(c, a)))]
            : await FindIdAsync(path, wanted, keys, cancellationToken);
        return found.Count switch
        {
            1 => found[0],
            0 => throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"'{path.Destination.Name}' has no restore point '{wanted}'.",
                Describe(path)
            ),
            _ => throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{wanted}' is a restore point of {found.Count} databases.",
                $"Give the folder of one of them: {string.Join(", ", found.Take(MaxListed).Select(f => f.Chain.Path))}"
            ),
        };
    }

    // The archives with an id: usually found by the files for other servers of all databases and the archives of one. What those files
    // say is never the answer: the archives of the folder are opened, and if exactly one has the id there, it is the requested one. In any
    // other case all archives are opened.
    private static async Task<List<RestorePoint>> FindIdAsync(
        ResolvedLocation path,
        string id,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        if (path.Chains.Select(FolderOf).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            var (found, isHint) = (new List<RestorePoint>(), false);
            await foreach (var point in ListAsync(path, keys, cancellationToken))
            {
                isHint |= point.Hint is not null;
                if (point.Id == id)
                {
                    found.Add(point);
                }
            }
            if (!isHint)
            {
                return found;
            }
            if (found is [var only])
            {
                var folder = path with { Chains = [.. path.Chains.Where(c => FolderOf(c) == FolderOf(only.Chain))] };
                found = await ReadAllAsync(folder, keys, cancellationToken).Where(p => p.Header?.Id == id).ToListAsync(cancellationToken);
                if (found.Count == 1)
                {
                    return found;
                }
            }
        }
        return await ReadAllAsync(path, keys, cancellationToken).Where(p => p.Header?.Id == id).ToListAsync(cancellationToken);
    }

    private static string FolderOf(StoredChain chain) => chain.Path[..Math.Max(0, chain.Path.LastIndexOf('/'))];

    // Each folder with what its file for other servers says; these are read ahead where that costs requests rather than work.
    private static async IAsyncEnumerable<(IGrouping<string, StoredChain> Folder, FolderHints? Hints)> ReadHintsAsync(
        ResolvedLocation path,
        IEnumerable<IGrouping<string, StoredChain>> folders,
        int window,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var reads = new Queue<(IGrouping<string, StoredChain> Folder, Task<FolderHints?> Hints)>();
        try
        {
            foreach (var folder in folders)
            {
                if (reads.Count == window)
                {
                    var (first, hints) = reads.Dequeue();
                    yield return (first, await hints);
                }
                reads.Enqueue((folder, FolderHints.ReadAsync(path, folder.Key, folder, cancellationToken)));
            }
            while (reads.TryDequeue(out var read))
            {
                yield return (read.Folder, await read.Hints);
            }
        }
        finally
        {
            await Task.WhenAll(reads.Select(Task (r) => r.Hints)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<IEnumerable<RestorePoint>> InOrderAsync(
        ResolvedLocation path,
        IEnumerable<StoredChain> chains,
        AgeKeys keys,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var read = new List<(DateTimeOffset Time, List<RestorePoint> Points)>();
        foreach (var chain in chains)
        {
            var points = await ListChainAsync(path, chain, null, keys, cancellationToken).ToListAsync(cancellationToken);
            var time = chain.HasFutureName(now)
                ? points.Select(p => p.Header?.StartTime).Max() ?? DateTimeOffset.MinValue
                : chain.NewestTime;
            read.Add((time, points));
        }

        return read.OrderByDescending(r => r.Time).SelectMany(r => r.Points);
    }

    private static async IAsyncEnumerable<RestorePoint> ListChainAsync(
        ResolvedLocation path,
        StoredChain chain,
        FolderHints? hints,
        AgeKeys keys,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var known = hints is null ? null : await hints.FindAsync(chain, keys, cancellationToken);
        AgeRequirement? needs = null;
        // A passphrase takes a second and much memory to try.
        var window = path.Destination.Capabilities.RecursiveList && keys.Passphrases.Count == 0 ? MaxRemoteReads : 1;
        var reads = new Queue<Task<RestorePoint>>();
        try
        {
            foreach (var archive in chain.Archives.Reverse().Where(a => path.Archive is null || path.Archive == a))
            {
                if (reads.Count == window)
                {
                    yield return await reads.Dequeue();
                }
                var point = new RestorePoint(chain, archive);
                var read = Describe(point, known, keys, needs) is { } described
                    ? Task.FromResult(described)
                    : ReadAsync(path, point, keys, cancellationToken);
                reads.Enqueue(read);
                if (known?.Count > 0 && archive.Name.IsEncrypted && needs is null)
                {
                    needs = (await read).Needs;
                }
            }
            while (reads.TryDequeue(out var read))
            {
                yield return await read;
            }
        }
        finally
        {
            await Task.WhenAll(reads.Select(Task (r) => r)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // A restore point as the file for other servers describes it; null if the archive has to be opened. That file does not say which keys
    // open an archive: another archive of its chain, which was opened, does, because a chain never changes its keys.
    private static RestorePoint? Describe(
        RestorePoint point,
        IReadOnlyDictionary<string, RestorePointHint?>? known,
        AgeKeys keys,
        AgeRequirement? needs
    )
    {
        if (known is null || !known.TryGetValue(point.Archive.Name.ToString(), out var hint))
        {
            return null;
        }
        if (!point.Archive.Name.IsEncrypted)
        {
            return hint is null ? null : point with { Hint = hint };
        }
        return needs is null || (hint is null && !keys.IsEmpty) ? null : point with { Needs = needs, Hint = hint };
    }

    private static async Task<RestorePoint> NewestAsync(ResolvedLocation path, AgeKeys keys, CancellationToken cancellationToken)
    {
        if (path.Chains.Count > 1)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{path.Destination.Name}' has {path.Chains.Count} chains, so the restore point is ambiguous.",
                $"Give one chain's folder, or --point. {Describe(path)}"
            );
        }
        var chain = path.Chains[0];
        if (chain.Archives.Count == 0)
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Chain '{path.Destination.Name}' has no archive.",
                "A backup that was interrupted leaves such a folder; the next one removes it."
            );
        }
        // The newest is the one that no other builds on; if headers cannot be read, names decide, which never go back in time.
        var points = new List<RestorePoint>();
        await foreach (var point in ReadAllAsync(path, keys, cancellationToken))
        {
            points.Add(point);
        }
        var parents = points.Select(p => p.Header?.Parent).ToHashSet(StringComparer.Ordinal);
        return points.Exists(p => p.Header is null) ? points[0] : points.Find(p => !parents.Contains(p.Header!.Id)) ?? points[0];
    }

    private static async Task<RestorePoint> ReadAsync(
        ResolvedLocation path,
        RestorePoint point,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var source = await path.Destination.OpenAsync(point.Archive.Path, cancellationToken);
            try
            {
                if (point.Archive.Name.IsEncrypted)
                {
                    point = point with { Needs = await AgeRequirement.ReadAsync(source, cancellationToken) };
                    if (keys.IsEmpty)
                    {
                        return point;
                    }
                }
                return point with { Header = await ArchiveReader.ReadHeaderAsync(source, keys, cancellationToken) };
            }
            finally
            {
                await source.DisposeAsync(); // may be the second time: reading the header takes ownership
            }
        }
        catch (HoldfastException e)
        {
            return e.Error == ErrorCatalog.KeyWrong ? point : point with { Problem = e };
        }
    }

    /// <summary>Whether a restore point is requested by the id of an archive rather than by a time.</summary>
    /// <param name="wanted">As for <see cref="FindAsync"/>.</param>
    public static bool IsId(string wanted) => ParseTime(wanted) is null;

    private static DateTimeOffset? ParseTime(string text)
    {
        if (TimeStamp.TryParse(text, out var stamp))
        {
            return stamp;
        }
        if (
            !text.Contains(':', StringComparison.Ordinal)
            || !DateTimeOffset.TryParse(
                text,
                System.Globalization.CultureInfo.InvariantCulture,
                System.Globalization.DateTimeStyles.AssumeUniversal,
                out var iso
            )
        )
        {
            return null;
        }
        return new DateTimeOffset(iso.UtcTicks - (iso.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }

    // A line per chain with its restore points, for a user to choose from.
    private static string Describe(ResolvedLocation path)
    {
        var lines = path
            .Chains.Take(MaxListed)
            .Select(c =>
                $"\n  {(c.Path.Length == 0 ? c.Name.ToString() : c.Path)}: "
                + $"{string.Join(' ', c.Archives.Select(a => TimeStamp.Format(a.Name.Time)))}"
            );
        var more = path.Chains.Count - MaxListed;
        return $"Found:{string.Concat(lines)}{(more > 0 ? $"\n  and {more} more chains" : "")}";
    }
}
