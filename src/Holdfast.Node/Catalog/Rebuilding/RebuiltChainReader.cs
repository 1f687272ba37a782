using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Rebuilding;

/// <summary>
/// Finds out what the archives of one chain are. The archives themselves say it as far as a key opens them. The file for other servers adds
/// hashes, and the ids of archives that no key opens, if it has them with the length that the listing shows.
/// </summary>
/// <param name="destination">The destination.</param>
/// <param name="folder">The folder of the database.</param>
/// <param name="chain">The chain, as listed.</param>
/// <param name="keys">Keys that may open archives.</param>
/// <param name="meter">Counts problems.</param>
internal sealed class RebuiltChainReader(
    IDestination destination,
    ScannedFolder folder,
    StoredChain chain,
    AgeKeys keys,
    CatalogRebuildMeter meter
)
{
    private const int MaxRemoteReads = 8;

    /// <summary>Reads the chain.</summary>
    /// <param name="recorded">The chain in the catalog; null if there is none.</param>
    /// <param name="shared">The chain in the file for other servers; null if there is none.</param>
    /// <param name="ensureResponds">Throws if the destination says nothing about a path any more.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="HoldfastException">The destination cannot be read any more.</exception>
    public async Task<RebuiltChain> ReadAsync(
        CatalogChain? recorded,
        SharedChain? shared,
        Func<string, CancellationToken, Task> ensureResponds,
        CancellationToken cancellationToken
    )
    {
        var ids = shared is null ? null : await SharedCatalogFormat.FindIdsAsync(shared, keys, cancellationToken);
        var database = folder.FindDatabase(ids?.Database);
        if (database is null)
        {
            ids = null; // of another folder
        }
        var (found, isContradicted) = (new List<RebuiltArchive>(), false);
        var window = destination.Capabilities.IsRemote && keys.Passphrases.Count == 0 ? MaxRemoteReads : 1;
        var reads = new Queue<(StoredArchive Stored, Task<Reading> Reading)>();
        try
        {
            foreach (var stored in chain.Archives)
            {
                if (reads.Count == window)
                {
                    await TakeAsync();
                }
                var isKnown = recorded?.Find(stored.Name.ToString()) is { Archive.IsRecorded: true };
                reads.Enqueue((stored, isKnown ? Task.FromResult(new Reading()) : ReadAsync(stored, cancellationToken)));
            }
            while (reads.Count > 0)
            {
                await TakeAsync();
            }
        }
        finally
        {
            await Task.WhenAll(reads.Select(Task (r) => r.Reading)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return new(found, database, chain.Archives.Any(a => a.Name.IsEncrypted), isContradicted);

        async Task TakeAsync()
        {
            var (stored, read) = reads.Peek();
            var reading = await read;
            reads.Dequeue();
            meter.RecordActivity();
            if (reading.Problem is { IsDamage: false } problem && problem.Error.ExitCode != ErrorCatalog.KeyMissing.ExitCode)
            {
                await ensureResponds(stored.Path, cancellationToken);
            }
            if (reading.Problem?.Error == ErrorCatalog.NotFound)
            {
                meter.AddProblem($"{stored.Path}: it was deleted while it was read");
                return;
            }
            var known = recorded?.Find(stored.Name.ToString())?.Archive;
            var said = new SharedEntry(stored, shared, ids);
            isContradicted |= said.Contradicts(reading.Archive?.Id ?? known?.Id);
            found.Add(known is { IsRecorded: true } ? Keep(stored, known, said) : Combine(stored, reading, said));
            database ??= reading.Database;
        }
    }

    // What the catalog knows stays; a hash that it does not have is added.
    private RebuiltArchive Keep(StoredArchive stored, CatalogArchive known, SharedEntry said)
    {
        if (known.Length != stored.Length)
        {
            meter.AddProblem($"{stored.Path}: it has {stored.Length} bytes; {known.Length} were written");
            return new(known, IsKnown: true);
        }
        return new(known.Sha256 is null ? said.AddHashes(known) : known);
    }

    private RebuiltArchive Combine(StoredArchive stored, Reading reading, SharedEntry said)
    {
        var listed = new CatalogArchive { Name = stored.Name.ToString(), Length = stored.Length };
        if (reading.Archive is { } read)
        {
            if (said.Contradicts(read.Id))
            {
                meter.AddProblem($"{stored.Path}: {SharedCatalog.FileName} says that it is another archive, which it is not");
            }
            return new(said.AddHashes(read), IsRead: true);
        }
        if (reading.Problem is { } problem && problem.Error.ExitCode != ErrorCatalog.KeyMissing.ExitCode)
        {
            meter.AddProblem($"{stored.Path}: {problem.Message}");
        }
        var damage = reading.Problem is { IsDamage: true } ? reading.Problem : null;
        return new(reading.IsOfAnother ? listed : said.AddHashes(said.AddIds(listed)), Damage: damage);
    }

    private async Task<Reading> ReadAsync(StoredArchive stored, CancellationToken cancellationToken)
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
                meter.AddProblem($"{stored.Path}: it belongs to database '{reader.Header.Database}'");
                return new() { IsOfAnother = true };
            }
            return new()
            {
                Archive = new()
                {
                    Name = stored.Name.ToString(),
                    Length = stored.Length,
                    Id = reader.Header.Id,
                    Chain = reader.Header.Chain,
                    Parent = reader.Header.Parent,
                    ManifestSha256 = reader.ManifestSha256,
                    Started = reader.Header.StartTime,
                    IndexLength = stored.IndexLength,
                },
                Database = database,
            };
        }
        catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
        {
            return new() { Problem = e };
        }
    }

    // What opening an archive has shown.
    private sealed record Reading
    {
        public CatalogArchive? Archive { get; init; }

        public DatabaseId? Database { get; init; }

        public bool IsOfAnother { get; init; }

        public HoldfastException? Problem { get; init; }
    }

    // What the file for other servers says about an archive, if it has the listed length there.
    private sealed class SharedEntry
    {
        private readonly StoredArchive _stored;
        private readonly SharedArchive? _archive;
        private readonly SharedArchiveIds? _ids;
        private readonly string? _chain;

        public SharedEntry(StoredArchive stored, SharedChain? shared, SharedChainIds? ids)
        {
            var name = stored.Name.ToString();
            _stored = stored;
            _archive = shared?.Archives.FirstOrDefault(a => a.Name == name && a.Length == stored.Length);
            _ids = _archive is null ? null : ids?.Archives.FirstOrDefault(a => a.Name == name);
            _chain = ids?.Chain;
        }

        public bool Contradicts(string? id) => id is not null && _ids is not null && _ids.Id != id;

        public CatalogArchive AddIds(CatalogArchive archive) =>
            _ids is null
                ? archive
                : archive with
                {
                    Id = _ids.Id,
                    Chain = _chain,
                    Parent = _ids.Parent,
                    ManifestSha256 = _ids.Manifest,
                    Started = _ids.Started,
                    IndexLength = _stored.IndexLength,
                };

        // Only of an archive whose ids are known: no other has a hash in the catalog.
        public CatalogArchive AddHashes(CatalogArchive archive)
        {
            if (_archive is null || !archive.IsRecorded || Contradicts(archive.Id))
            {
                return archive;
            }
            var hasIndex = _archive.IndexLength is not null && _archive.IndexLength == _stored.IndexLength;
            return archive with
            {
                Sha256 = _archive.Sha256,
                IndexLength = _stored.IndexLength,
                IndexSha256 = hasIndex ? _archive.IndexSha256 : null,
            };
        }
    }
}
