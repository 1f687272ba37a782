using System.Runtime.CompilerServices;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>
/// Records what a destination has: names and lengths from a listing, ids and manifest hashes from the archives, and what no archive says
/// itself from the files for other servers. What the catalog knows already stays, and nothing is recorded as missing.
/// </summary>
/// <param name="catalog">The catalog.</param>
/// <param name="location">The destination in the catalog.</param>
/// <param name="destination">The destination.</param>
/// <param name="keys">Keys that may open archives.</param>
/// <param name="locks">Keeps chains from being deleted while they are recorded.</param>
/// <param name="time">The clock.</param>
internal sealed class CatalogRebuilder(
    ICatalog catalog,
    CopyLocation location,
    IDestination destination,
    AgeKeys keys,
    ChainLocks locks,
    TimeProvider time
)
{
    private CatalogRebuildMeter _meter = new();

    /// <summary>Rebuilds the catalog.</summary>
    /// <param name="meter">Counts what is found.</param>
    /// <param name="log">Receives a line for each database.</param>
    /// <param name="cancellationToken">Cancels it; what is recorded stays.</param>
    /// <exception cref="HoldfastException">The destination cannot be listed or read, or the catalog cannot be written.</exception>
    public async Task RunAsync(CatalogRebuildMeter meter, IOperationLog log, CancellationToken cancellationToken)
    {
        _meter = meter;
        await foreach (var folder in ListAsync(cancellationToken))
        {
            meter.RecordActivity();
            var before = meter.Result;
            await RebuildAsync(folder, cancellationToken);
            meter.AddDatabase();
            var (archives, identified) = (meter.Result.Archives - before.Archives, meter.Result.Identified - before.Identified);
            log.Write($"{folder.Path}: {archives} archives, {identified} of them with ids");
        }
    }

    // One that fails in the middle must not look like a problem of this program.
    private async IAsyncEnumerable<ScannedFolder> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var folders = DestinationScan.ListAsync(destination, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await folders.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw CreateFailure(e);
            }
            yield return folders.Current;
        }
    }

    private async Task RebuildAsync(ScannedFolder folder, CancellationToken cancellationToken)
    {
        var shared = folder.HasSharedCatalog ? await FindSharedAsync(folder.Path, cancellationToken) : null;
        var database = folder.FindDatabase();
        foreach (var listed in folder.Chains.Where(c => c.Archives.Count > 0))
        {
            using var reading = TryAcquireRead(listed.Path);
            if (reading is null || await RelistAsync(listed, cancellationToken) is not { Archives.Count: > 0 } chain)
            {
                continue;
            }
            var known = shared?.Chains.FirstOrDefault(c => $"{folder.Path}/{c.Name}" == chain.Path);
            var recorded = catalog.Find(chain.Path);
            var reader = new RebuiltChainReader(destination, folder, chain, keys, _meter);
            var found = await reader.ReadAsync(recorded, known, EnsureRespondsAsync, cancellationToken);
            _meter.AddArchives([.. found.Archives.Select(a => a.Archive)]);
            database ??= found.Database;
            if (database is null)
            {
                _meter.AddProblem(
                    $"{chain.Path}: the name of its database is too long for a folder, and no key opens an archive that says it"
                );
                continue;
            }
            await catalog.RecordFindingsAsync(
                database,
                chain.Name.Task,
                [.. found.Archives.Where(a => !a.IsKnown).Select(a => ToFinding(chain.Path, a, recorded?.Find(a.Archive.Name)))]
            );
            if (await found.FindIdsAsync(database, known, cancellationToken) is { } ids)
            {
                await catalog.StoreChainIdsAsync(chain.Path, ids);
            }
        }
    }

    // From here until it is recorded, this node does not delete it. Null if it is being deleted.
    private IDisposable? TryAcquireRead(string chain)
    {
        try
        {
            return locks.AcquireRead(location.Destination, chain);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.NotFound)
        {
            return null;
        }
    }

    // What was deleted since the destination was listed must not be recorded again.
    private async Task<StoredChain> RelistAsync(StoredChain listed, CancellationToken cancellationToken)
    {
        try
        {
            return await DatabaseFolder.ReadChainAsync(destination, listed.Path, listed.Name, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.NotFound)
        {
            return listed with { Archives = [] };
        }
        catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw CreateFailure(e);
        }
    }

    private CopyFinding ToFinding(string chain, RebuiltArchive found, CatalogEntry? recorded) =>
        new()
        {
            Chain = chain,
            Name = found.Archive.Name,
            Destination = location.Destination,
            Identity = location.Identity,
            State = found.Damage is null ? CopyState.Whole : CopyState.Damaged,
            At = time.GetUtcNow(),
            Problem = found.Damage is null ? null : Core.Operations.OperationError.From(found.Damage),
            IsListed = found.Damage is null,
            Archive = found.Archive,
            // Which of several lengths is right is unknown until one copy is read.
            Length =
                recorded is { Archive.IsRecorded: false } && !found.Archive.IsRecorded && recorded.Archive.Length != found.Archive.Length
                    ? found.Archive.Length
                    : null,
        };

    private async Task<SharedCatalog?> FindSharedAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return (await SharedCatalog.FindAsync(destination, folder, cancellationToken))?.Content;
        }
        catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (e.Error != ErrorCatalog.Corrupt)
            {
                await EnsureRespondsAsync($"{folder}/{SharedCatalog.FileName}", cancellationToken);
            }
            _meter.AddProblem(e.Message);
            return null;
        }
    }

    // A file that cannot be read is a problem of this file only as long as the destination says something about it.
    private async Task EnsureRespondsAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await destination.FindAsync(path, cancellationToken);
        }
        catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw CreateFailure(e);
        }
    }

    private HoldfastException CreateFailure(HoldfastException e) =>
        new(
            e.Error,
            $"Destination '{location.Destination}' failed after {_meter.Result.Databases} databases: {e.Message}",
            $"What was recorded stays. Start it again when the destination can be read. {e.Hint}".TrimEnd(),
            e
        );
}
