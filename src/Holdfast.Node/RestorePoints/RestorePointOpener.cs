using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.RestorePoints.Copies;
using Holdfast.Node.Restores;

namespace Holdfast.Node.RestorePoints;

/// <summary>
/// Selects a restore point and opens it, with the given keys and those that the server stores. A database's restore point may exist
/// at several destinations: any intact copy will do. Opened archives are compared with the catalog.
/// </summary>
/// <param name="finder">Finds backups.</param>
/// <param name="keyring">Provides the keys.</param>
/// <param name="catalog">The catalog.</param>
/// <param name="chains">Prevents the deletion of a chain that is being read.</param>
/// <param name="time">The clock.</param>
public sealed class RestorePointOpener(BackupFinder finder, RestoreKeys keyring, ICatalog catalog, ChainLocks chains, TimeProvider time)
{
    // Not DestinationFull, which is about the new database.
    private static readonly Error[] CopyFailures =
    [
        ErrorCatalog.NotFound,
        ErrorCatalog.DestinationFailed,
        ErrorCatalog.DestinationIdentity,
        ErrorCatalog.DestinationThrottled,
        ErrorCatalog.DestinationDenied,
        ErrorCatalog.DestinationCold,
        ErrorCatalog.DestinationUnverified,
    ];

    private readonly RecordedArchiveValidator _validator = new(catalog);
    private readonly RestorePointLocator _locator = new(finder, catalog);

    /// <summary>Whether a failure concerns one copy only, so that another destination may work.</summary>
    public static bool IsCopyFailure(HoldfastException e) => e.IsDamage || CopyFailures.Contains(e.Error);

    /// <summary>Finds the locations of a restore point.</summary>
    /// <param name="from">See <see cref="RestoreJob.From"/>.</param>
    /// <param name="wanted">See <see cref="RestoreJob.Point"/>.</param>
    /// <param name="given">See <see cref="RestoreJob.Keys"/>.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The locations; dispose them after the last read.</returns>
    /// <exception cref="HoldfastException">It was not found, or the newest known one is missing at every destination.</exception>
    public async Task<RestorePointLocations> FindAsync(
        string from,
        string? wanted,
        IReadOnlyList<string> given,
        CancellationToken cancellationToken
    )
    {
        from = await finder.NormalizeAsync(from, cancellationToken);
        var keys = await keyring.AllAsync(from, given, cancellationToken);
        var found = await finder.SearchAsync(from, cancellationToken);
        try
        {
            if (BackupFinder.IsDatabase(from))
            {
                return await _locator.LocateAsync(DatabaseId.Parse(from), found, wanted, keys, cancellationToken);
            }
            var location = found.Locations[0];
            var point = await RestorePointFinder.FindAsync(location.Resolved, wanted, keys, cancellationToken);
            return new(
                [new(location.Destination, location.Resolved, point, location.Destination is null ? null : location.PathOf(point.Chain))],
                keys,
                null,
                [],
                found
            );
        }
        catch
        {
            await found.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a restore point at one location, with the archives that it builds on.</summary>
    /// <exception cref="HoldfastException">It cannot be read there, or differs from what was written there.</exception>
    public Task<OpenedRestorePoint> OpenAsync(
        RestorePointLocation location,
        RestorePointLocations all,
        IReadOnlyList<string> given,
        CancellationToken cancellationToken
    ) => OpenAsync(location, all, given, null, cancellationToken);

    /// <summary>
    /// Opens a restore point at one location. If a file cannot be read there, now or later, reading goes on with its copies at the other
    /// locations.
    /// </summary>
    /// <param name="location">The location to read from.</param>
    /// <param name="all">All locations.</param>
    /// <param name="given">See <see cref="RestoreJob.Keys"/>.</param>
    /// <param name="copies">What is known of the copies, which it keeps up to date; null to use this location only.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException">It cannot be read, or differs from what was written there.</exception>
    internal async Task<OpenedRestorePoint> OpenAsync(
        RestorePointLocation location,
        RestorePointLocations all,
        IReadOnlyList<string> given,
        ChainCopies? copies,
        CancellationToken cancellationToken
    )
    {
        var lease = new ChainLeases();
        try
        {
            if (location is { Destination: { } destination, ChainPath: { } path })
            {
                lease.Add(chains.AcquireRead(destination, path));
            }
            var source = copies is null
                ? location.Resolved.Destination
                : new CopiesDestination([location, .. LeaseOthers(location, all, lease)], copies);
            var reader = await RestorePointReader.OpenAsync(source, location.Point, all.Keys, cancellationToken);
            try
            {
                var warnings = await ValidateAsync(location, all, reader, cancellationToken);
                return new(location.Point, reader, lease, warnings);
            }
            catch
            {
                await reader.DisposeAsync();
                throw;
            }
        }
        catch (Exception e)
        {
            lease.Dispose();
            if (e is HoldfastException failure)
            {
                throw TranslateKeyFailure(failure, given);
            }
            throw;
        }
    }

    /// <summary>
    /// Opens a restore point as a restore does before it creates anything, at the first location where that succeeds, and describes
    /// it. The contents of the database are not read.
    /// </summary>
    /// <inheritdoc cref="FindAsync"/>
    public async Task<RestorePointCheck> CheckAsync(
        string from,
        string? wanted,
        IReadOnlyList<string> given,
        CancellationToken cancellationToken
    )
    {
        await using var all = await FindAsync(from, wanted, given, cancellationToken);
        RestorePointCheck? first = null;
        foreach (var location in all.Locations)
        {
            var check = await CheckAsync(location, all, given, cancellationToken);
            first ??= check;
            if (check.Problem is null || !IsCopyFailure(check.Problem))
            {
                return check;
            }
        }

        return first!;
    }

    /// <summary>Records an archive that a restore found damaged.</summary>
    /// <param name="location">The location.</param>
    /// <param name="all">All locations.</param>
    /// <param name="opened">The opened restore point; null if it could not be opened.</param>
    /// <param name="e">The failure.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task TryRecordDamageAsync(
        RestorePointLocation location,
        RestorePointLocations all,
        OpenedRestorePoint? opened,
        HoldfastException e,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await RecordDamageAsync(location, all, opened, e, cancellationToken);
        }
        catch (HoldfastException) when (!cancellationToken.IsCancellationRequested)
        {
            // The destination as a whole has failed, or the catalog, which reports its own problem: the restore continues with the
            // next location.
        }
    }

    // The other destinations that have the same chain; one where it is being deleted is left out.
    private IEnumerable<RestorePointLocation> LeaseOthers(RestorePointLocation location, RestorePointLocations all, ChainLeases leases)
    {
        foreach (var other in all.Locations.Where(o => o != location && o.ChainPath == location.ChainPath))
        {
            if (other is not { Destination: { } destination, ChainPath: { } path })
            {
                continue;
            }
            try
            {
                leases.Add(chains.AcquireRead(destination, path));
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalog.NotFound)
            {
                continue;
            }
            yield return other;
        }
    }

    private async Task RecordDamageAsync(
        RestorePointLocation location,
        RestorePointLocations all,
        OpenedRestorePoint? opened,
        HoldfastException e,
        CancellationToken cancellationToken
    )
    {
        if (
            location is not { Destination: { } destination, ChainPath: { } chain }
            || !e.IsDamage
            || (all.Database ?? DatabaseOf(chain)) is not { } database
        )
        {
            return;
        }
        // The message names the file; a missing archive is found by listings.
        var files = opened?.Reader.Archives.Select(a => Path.GetFileName(a.Name))
            ?? location.Point.Chain.Archives.Select(a => a.Name.ToString());
        if (
            e.Error == ErrorCatalog.ChainIncomplete
            || files.FirstOrDefault(f => e.Message.Contains(f, StringComparison.Ordinal)) is not { } file
        )
        {
            return;
        }
        if (e.Error == ErrorCatalog.Unreadable)
        {
            await location.Resolved.Destination.CheckIdentityAsync(cancellationToken);
        }
        await catalog.RecordFindingsAsync(
            database,
            location.Point.Chain.Name.Task,
            [
                new()
                {
                    Chain = chain,
                    Name = file,
                    Destination = destination,
                    Identity = location.Resolved.Destination.Identity,
                    State = CopyState.Damaged,
                    At = time.GetUtcNow(),
                    Problem = OperationError.From(e),
                    Archive = new() { Name = file, Length = location.Point.Chain.Archives.First(a => a.Name.ToString() == file).Length },
                },
            ]
        );
    }

    // Archives at a destination are compared with the catalog. For unrecorded archives, and those at other locations, only the
    // names can be checked.
    private async Task<IReadOnlyList<string>> ValidateAsync(
        RestorePointLocation location,
        RestorePointLocations all,
        ChainReader reader,
        CancellationToken cancellationToken
    )
    {
        var isRecorded = false;
        if (location.ChainPath is { } chain)
        {
            try
            {
                _validator.Validate(chain, reader, all.Database);
                isRecorded = reader.Archives.All(a => _validator.IsRecorded(chain, Path.GetFileName(a.Name)));
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalog.StateUnavailable)
            {
                // RestorePointLocator reports it in a note
            }
        }

        if (isRecorded)
        {
            return [];
        }
        var mismatches = await LayoutValidator.ValidateAsync(location.Resolved, location.Point, reader, all.Keys, cancellationToken);
        return mismatches.Count == 0 || location.Resolved.Archive is not null
            ? [.. mismatches.Select(m => m.Message)]
            : throw mismatches[0];
    }

    // Null for a chain that is not in the folder of a database.
    private static DatabaseId? DatabaseOf(string chain) =>
        chain.Split('/') is [var source, var name, _] ? new(FolderName.Decode(source), FolderName.Decode(name)) : null;

    private async Task<RestorePointCheck> CheckAsync(
        RestorePointLocation location,
        RestorePointLocations all,
        IReadOnlyList<string> given,
        CancellationToken cancellationToken
    )
    {
        var check = new RestorePointCheck(location.Point, null);
        try
        {
            check = check with { Needs = await ReadRequirementAsync(location.Resolved.Destination, location.Point, cancellationToken) };
            await using var opened = await OpenAsync(location, all, given, cancellationToken);
            // they are in the same folder
            var files = opened.Reader.Archives.Select(a => Path.GetFileName(a.Name)).ToHashSet(StringComparer.Ordinal);
            return check with
            {
                Header = opened.Reader.Point.Header,
                File = opened.Reader.Point.Manifest.File,
                Archives = opened.Reader.Archives.Count,
                StoredBytes = location.Point.Chain.Archives.Where(a => files.Contains(Path.GetFileName(a.Path))).Sum(a => a.Length),
                DatabaseBytes = opened.Reader.Items.Sum(i => i.Length),
            };
        }
        catch (HoldfastException e)
        {
            return check with { Problem = e };
        }
    }

    private static async Task<AgeRequirement?> ReadRequirementAsync(
        IDestination destination,
        RestorePoint point,
        CancellationToken cancellationToken
    )
    {
        if (!point.Archive.Name.IsEncrypted)
        {
            return null;
        }
        await using var source = await destination.OpenAsync(point.Archive.Path, cancellationToken);
        return await AgeRequirement.ReadAsync(source, cancellationToken);
    }

    // The keys that were tried belong to other tasks; from the caller's perspective, no key was given.
    private static HoldfastException TranslateKeyFailure(HoldfastException e, IReadOnlyList<string> given) =>
        e.Error == ErrorCatalog.KeyWrong && given.Count == 0
            ? new(
                ErrorCatalog.KeyMissing,
                "It is encrypted, and the server keeps no key that opens it.",
                $"{e.Hint} Pass it with the restore.",
                e
            )
            : e;
}
