using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>
/// Records what a destination has: names and lengths from a listing; ids and hashes from the files for other servers, as far as they agree
/// with the listing; and for the rest, ids and manifest hashes from the archives themselves. What the catalog knows already stays, and
/// nothing is recorded as missing.
/// </summary>
/// <param name="catalog">The catalog.</param>
/// <param name="location">The destination in the catalog.</param>
/// <param name="destination">The destination.</param>
/// <param name="keys">Keys that may open archives.</param>
/// <param name="time">The clock.</param>
internal sealed class CatalogRebuilder(ICatalog catalog, CopyLocation location, IDestination destination, AgeKeys keys, TimeProvider time)
{
    private const int MaxProblems = 20;
    private readonly List<string> _problems = [];
    private int _problemCount;

    /// <summary>Rebuilds the catalog.</summary>
    /// <param name="state">The state at the beginning.</param>
    /// <param name="report">Receives the state after each database.</param>
    /// <param name="cancellationToken">Cancels it; what is recorded stays.</param>
    /// <exception cref="HoldfastException">The destination cannot be listed, or the catalog cannot be written.</exception>
    public async Task RunAsync(CatalogRebuildState state, Action<CatalogRebuildState> report, CancellationToken cancellationToken)
    {
        await foreach (var folder in DestinationScan.ListAsync(destination, cancellationToken))
        {
            var (archives, identified) = await RebuildAsync(folder, cancellationToken);
            state = state with
            {
                Databases = state.Databases + 1,
                Archives = state.Archives + archives,
                Identified = state.Identified + identified,
                Problems = [.. _problems],
                ProblemCount = _problemCount,
            };
            report(state);
        }
    }

    private async Task<(int Archives, int Identified)> RebuildAsync(ScannedFolder folder, CancellationToken cancellationToken)
    {
        var shared = folder.HasSharedCatalog ? await FindSharedAsync(folder.Path, cancellationToken) : null;
        var (database, archives, identified) = (folder.FindDatabase(), 0, 0);
        foreach (var chain in folder.Chains.Where(c => c.Archives.Count > 0))
        {
            var (found, ids) = await IdentifyAsync(folder, chain, shared, cancellationToken);
            archives += chain.Archives.Count;
            identified += found.Count(f => f.Archive.IsRecorded);
            database ??= found.Select(f => f.Database).FirstOrDefault(d => d is not null);
            if (database is null)
            {
                AddProblem($"{chain.Path}: the name of its database is too long for a folder, and no key opens an archive that says it");
                continue;
            }
            await catalog.RecordFindingsAsync(database, chain.Name.Task, [.. found.Select(f => ToFinding(chain.Path, f.Archive))]);
            if (ids is not null)
            {
                await catalog.StoreChainIdsAsync(chain.Path, ids);
            }
        }
        return (archives, identified);
    }

    private CopyFinding ToFinding(string chain, CatalogArchive archive) =>
        new()
        {
            Chain = chain,
            Name = archive.Name,
            Destination = location.Destination,
            Identity = location.Identity,
            State = CopyState.Whole,
            At = time.GetUtcNow(),
            IsListed = true,
            Archive = archive,
        };

    private async Task<SharedCatalog?> FindSharedAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return (await SharedCatalog.FindAsync(destination, folder, cancellationToken))?.Content;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.Corrupt)
        {
            AddProblem(e.Message);
            return null;
        }
    }

    // The archives of a chain, with ids where they can be had, and the chain's ids as they are to be written for other servers.
    private async Task<(List<(CatalogArchive Archive, DatabaseId? Database)> Found, byte[]? Ids)> IdentifyAsync(
        ScannedFolder folder,
        StoredChain chain,
        SharedCatalog? shared,
        CancellationToken cancellationToken
    )
    {
        var known = shared?.Chains.FirstOrDefault(c => $"{folder.Path}/{c.Name}" == chain.Path);
        var ids = known is null ? null : await SharedCatalogFormat.FindIdsAsync(known, keys, cancellationToken);
        var named = folder.FindDatabase(ids?.Database);
        if (named is null)
        {
            ids = null; // of another folder
        }
        var found = new List<(CatalogArchive, DatabaseId?)>();
        foreach (var stored in chain.Archives)
        {
            var listed = Combine(stored, known, ids);
            found.Add(
                listed.IsRecorded || catalog.Find(chain.Path)?.Find(listed.Name) is { Archive.IsRecorded: true }
                    ? (listed, named)
                    : await ReadAsync(folder, stored, listed, cancellationToken)
            );
        }
        return (found, known is null ? null : SharedCatalogFormat.IdsOf(known));
    }

    // The listing wins: an entry with another length says nothing about this archive.
    private static CatalogArchive Combine(StoredArchive stored, SharedChain? known, SharedChainIds? ids)
    {
        var name = stored.Name.ToString();
        var archive = new CatalogArchive { Name = name, Length = stored.Length };
        if (known?.Archives.FirstOrDefault(a => a.Name == name) is not { } said || said.Length != stored.Length)
        {
            return archive;
        }
        if (ids?.Archives.FirstOrDefault(a => a.Name == name) is not { } id)
        {
            return archive;
        }
        var hasIndex = said.IndexLength is not null && said.IndexLength == stored.IndexLength;
        return archive with
        {
            Id = id.Id,
            Chain = ids.Chain,
            Parent = id.Parent,
            ManifestSha256 = id.Manifest,
            Started = id.Started,
            Sha256 = said.Sha256,
            IndexLength = hasIndex ? said.IndexLength : stored.IndexLength,
            IndexSha256 = hasIndex ? said.IndexSha256 : null,
        };
    }

    private async Task<(CatalogArchive Archive, DatabaseId? Database)> ReadAsync(
        ScannedFolder folder,
        StoredArchive stored,
        CatalogArchive listed,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var reader = await ArchiveReader.OpenAsync(
                await destination.OpenAsync(stored.Path, cancellationToken),
                keys,
                cancellationToken
            );
            if (folder.FindDatabase(reader.Header.Database) is not { } database)
            {
                AddProblem($"{stored.Path}: it belongs to database '{reader.Header.Database}'");
                return (listed, null);
            }
            return (
                listed with
                {
                    Id = reader.Header.Id,
                    Chain = reader.Header.Chain,
                    Parent = reader.Header.Parent,
                    ManifestSha256 = reader.ManifestSha256,
                    Started = reader.Header.StartTime,
                    IndexLength = stored.IndexLength,
                },
                database
            );
        }
        catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (e.Error.ExitCode != ErrorCatalog.KeyMissing.ExitCode)
            {
                AddProblem($"{stored.Path}: {e.Message}");
            }
            return (listed, null);
        }
    }

    private void AddProblem(string text)
    {
        _problemCount++;
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(text);
        }
    }
}
