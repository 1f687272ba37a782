using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Restores;

namespace Holdfast.Node.RestorePoints;

/// <summary>
/// Finds the destinations that have a restore point of a database: the newest one according to listings and catalog, or the requested
/// one. Locations without a known problem come first.
/// </summary>
/// <param name="finder">Knows which names are too far in the future.</param>
/// <param name="catalog">The catalog.</param>
internal sealed class RestorePointLocator(BackupFinder finder, ICatalog catalog)
{
    /// <summary>Finds the destinations that have the requested restore point of a database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="found">Its chains at each destination; passed on to the result.</param>
    /// <param name="wanted">See <see cref="RestoreJob.Point"/>.</param>
    /// <param name="keys">Keys that may open the archives.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="HoldfastException">It was not found, or the newest known one is missing at every destination.</exception>
    public async Task<RestorePointLocations> LocateAsync(
        DatabaseId database,
        BackupSearchResult found,
        string? wanted,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        var notes = found.Problems.Select(p => $"'{p.Key}' cannot be read: {p.Value.Message}").ToList();
        var known = GetKnownChains(database, notes);
        notes.AddRange(
            known
                .Where(c => c == known[^1])
                .SelectMany(c => c.Destinations)
                .Where(d => !found.Problems.ContainsKey(d) && found.Locations.All(p => p.Destination != d))
                .Select(d => $"'{d}' no longer has a backup")
        );
        var (times, missing) = Newest(known, found);
        if (wanted is null && missing is not null)
        {
            throw missing;
        }
        var locations = new List<(RestorePointLocation Location, string? Problem)>();
        HoldfastException? nowhere = null;
        foreach (var at in found.Locations)
        {
            try
            {
                var time = at.Resolved.Chains.Max(finder.NewestTimeOf);
                if (wanted is null && !times.Contains(time))
                {
                    notes.Add($"'{at.Destination}' does not have the newest restore point");
                    continue;
                }

                var (stored, point) = wanted is null
                    ? await NewestAsync(at, times, keys, cancellationToken)
                    : (at.Resolved, await RestorePointFinder.FindAsync(at.Resolved, wanted, keys, cancellationToken));
                locations.Add((new(at.Destination, stored, point, point.Chain.Path), ProblemOf(known, at.Destination!, point)));
            }
            catch (HoldfastException e) when (RestorePointOpener.IsCopyFailure(e))
            {
                nowhere ??= e;
                notes.Add($"'{at.Destination}' does not have it: {e.Message}");
            }
        }

        if (locations.Count == 0)
        {
            throw nowhere
                ?? found.Problems.Values.FirstOrDefault()
                ?? new HoldfastException(
                    ErrorCatalog.NotFound,
                    $"No destination has a backup of '{database}'.",
                    "Try another path, or check the destinations."
                );
        }
        notes.AddRange(locations.Select(p => p.Problem).OfType<string>());
        // The newest first; then locations without a known problem before the others, and this machine before remote ones.
        return new(
            [
                .. locations
                    .OrderByDescending(p => wanted is null ? finder.NewestTimeOf(p.Location.Point.Chain) : default)
                    .ThenBy(p => p.Problem is not null)
                    .ThenBy(p => p.Location.Destination is { } name && finder.IsRemote(name))
                    .Select(p => p.Location),
            ],
            keys,
            database,
            notes,
            found
        );
    }

    // A database has one newest restore point. The order of the archives of a chain is determined by what they build on, not by
    // their names: a file that was put there under a later name makes neither itself the newest restore point nor the one before it
    // in its chain.
    private async Task<(ResolvedLocation Stored, RestorePoint Point)> NewestAsync(
        BackupLocation at,
        IReadOnlyList<DateTimeOffset> times,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        RestorePoint? other = null;
        foreach (var chain in at.Resolved.Chains.Where(c => times.Contains(finder.NewestTimeOf(c))).OrderByDescending(finder.NewestTimeOf))
        {
            var stored = at.Resolved with { Chains = [chain] };
            var point = await RestorePointFinder.FindAsync(stored, null, keys, cancellationToken);
            if (times.Contains(point.Archive.Name.Time) || finder.IsBeyondClockSkew(point.Archive.Name.Time))
            {
                return (stored, point);
            }
            other ??= point;
        }

        throw new HoldfastException(
            ErrorCatalog.Refused,
            $"At '{at.Destination}' the newest file of chain '{other!.Chain.Path}' is {other.Chain.Archives[^1].Name}, which "
                + "is not the newest archive of the chain: it was renamed.",
            $"Verify the chain. Its newest restore point is {TimeStamp.Format(other.Archive.Name.Time)}: request that one, or "
                + "another one, by its time."
        );
    }

    // The time of the newest archive that exists. If the catalog does not know it, it may be a renamed file: then the time of the
    // newest known archive comes second. Also the error if the newest known archive is at no destination and no operator has
    // acknowledged that.
    private (IReadOnlyList<DateTimeOffset> Times, HoldfastException? Missing) Newest(
        IReadOnlyList<CatalogChain> known,
        BackupSearchResult found
    )
    {
        var listed = found.Locations.Select(f => f.Resolved.Chains.Max(finder.NewestTimeOf)).DefaultIfEmpty().Max();
        var last = known
            .SelectMany(c => c.Entries)
            .Where(e => e.Copies.Any(o => !o.IsAcknowledged))
            .Select(e => e.Archive.Name)
            .Where(n => !finder.IsBeyondClockSkew(TimeOf(n)))
            .MaxBy(TimeOf);
        if (last is null || TimeOf(last) == listed || (TimeOf(last) > listed && found.Problems.Count > 0))
        {
            return ([listed], null);
        }
        if (TimeOf(last) < listed)
        {
            return ([listed, TimeOf(last)], null);
        }
        var hint =
            found.Locations.Count == 0
                ? "Find out who deleted it."
                : $"The newest one that still exists is {TimeStamp.Format(listed)}: request it by its time.";
        return ([listed], new(ErrorCatalog.ChainIncomplete, $"The newest backup, {last}, is no longer at any destination.", hint));
    }

    private static string? ProblemOf(IReadOnlyList<CatalogChain> known, string destination, RestorePoint point)
    {
        var entries = known
            .FirstOrDefault(c => c.Path == point.Chain.Path)
            ?.Entries.Where(e => string.CompareOrdinal(e.Archive.Name, point.Archive.Name.ToString()) <= 0)
            ?? [];
        var bad = entries.FirstOrDefault(e => e.CopyAt(destination) is { IsRestorable: false });
        return bad is null
            ? null
            : $"at '{destination}' {bad.Archive.Name} is known to be "
                + $"{(bad.CopyAt(destination)!.State == CopyState.Missing ? "missing" : "damaged")}: "
                + $"{bad.CopyAt(destination)!.Problem?.Message}";
    }

    // In a disaster the catalog may be lost as well: a restore then continues without it, with a note.
    private IReadOnlyList<CatalogChain> GetKnownChains(DatabaseId database, List<string> notes)
    {
        try
        {
            return catalog.ChainsOf(database);
        }
        catch (HoldfastException e)
        {
            notes.Add($"it cannot be compared with what was written: {e.Message}");
            return [];
        }
    }

    private static DateTimeOffset TimeOf(string name) => ArchiveName.TryParse(name)?.Time ?? DateTimeOffset.MinValue;
}
