using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.RestorePoints;

namespace Holdfast.Node.Verification;

/// <summary>
/// Verifies the archives of one chain, in order: remembers what the earlier ones contain, which the later ones are checked against.
/// </summary>
internal sealed class ChainVerifier : IAsyncDisposable
{
    private readonly ResolvedLocation _path;
    private readonly StoredChain _chain;
    private readonly AgeKeys _keys;
    private readonly IReadOnlyCollection<IDatabaseEngine> _engines;
    private readonly ChainValidator? _validator; // null if a single archive is verified
    private readonly ChainStreamVerifier _streams;

    /// <summary>Creates a verifier that has not read any archive.</summary>
    /// <param name="path">The location of the chain.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="keys">The keys for encrypted archives.</param>
    /// <param name="engines">The engines, which check their own streams for what a restore would refuse.</param>
    public ChainVerifier(ResolvedLocation path, StoredChain chain, AgeKeys keys, IReadOnlyCollection<IDatabaseEngine> engines)
    {
        (_path, _chain, _keys, _engines) = (path, chain, keys, engines);
        _validator = path.Archive is null ? new() : null;
        _streams = new(FindStreamCheck);
    }

    /// <summary>Verifies one archive of the chain. A problem ends in the result.</summary>
    /// <param name="stored">The archive.</param>
    /// <param name="cancellationToken">Cancels the verification.</param>
    public async Task<VerifyResult> VerifyAsync(StoredArchive stored, CancellationToken cancellationToken)
    {
        VerifyResult? opened = null;
        try
        {
            await using var archive = await ArchiveReader.OpenAsync(await OpenAsync(cancellationToken), _keys, cancellationToken);
            opened = new(stored, archive.Header, 0, null) { ManifestSha256 = archive.ManifestSha256 };
            var read = await ArchiveVerifier.VerifyAsync(archive, Environment.ProcessorCount, _streams, cancellationToken);
            if (_validator is not null)
            {
                if (_validator.Has(archive.Header.Id))
                {
                    throw CreateDuplicateException(archive);
                }
                _validator.Add(archive);
                await _validator.CheckPagesAsync(archive, cancellationToken);
            }

            // The archive itself is intact: later ones may refer to its parts, and are refused only for their own streams.
            _streams.Add(archive, _keys, OpenAsync);
            if (read.Refusal is { } refusal)
            {
                throw refusal;
            }
            if (_validator is null && archive.Header.Kind == BackupKind.Incremental)
            {
                await CheckWithoutChainAsync(new(_chain, stored), archive, cancellationToken);
            }
            return opened with { TarBytes = read.TarBytes };
        }
        catch (HoldfastException e)
        {
            return (opened ?? new(stored, null, 0, null)) with { Problem = e };
        }

        async Task<IByteSource> OpenAsync(CancellationToken token) => await _path.Destination.OpenAsync(stored.Path, token);
    }

    // A single archive that was requested by its own path: its streams are read as a restore would, if the archives that contain
    // their parts are next to it. Its own bytes have been verified by then, so any damage is in one of those.
    private async Task CheckWithoutChainAsync(RestorePoint point, ArchiveReader archive, CancellationToken cancellationToken)
    {
        var checks = archive
            .Manifest.Items.Where(i => i.Kind == ItemKind.Stream)
            .Select(i => (Item: i, Check: FindStreamCheck(archive.Header, i)))
            .ToList();
        if (checks.TrueForAll(c => c.Check is null))
        {
            return;
        }
        HoldfastException? refusal = null;
        try
        {
            await using var opened = await RestorePointReader.OpenAsync(_path.Destination, point, _keys, cancellationToken);
            foreach (var (item, check) in checks)
            {
                if (check is null)
                {
                    continue;
                }
                await opened.CopyStreamAsync(item.Name, (bytes, _) => Take(() => check.Process(bytes.Span)), cancellationToken);
                await Take(check.Complete);
            }
        }
        catch (HoldfastException e) when (e == refusal)
        {
            throw;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.ChainIncomplete)
        {
            // Parents are only required if whole chains are verified.
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.Refused)
        {
            throw; // its own manifest contradicts the others; the message names the archive
        }
        catch (HoldfastException e) when (e.IsDamage)
        {
            throw ChainValidator.CreateBaseDamaged(archive.Name, e);
        }
        catch (HoldfastException e)
        {
            // it has just been read itself: a key for its parents is missing, or the destination no longer responds
            throw CreateUnknownParentException(archive.Name, e);
        }

        ValueTask Take(Action take)
        {
            try
            {
                take();
                return ValueTask.CompletedTask;
            }
            catch (HoldfastException e)
            {
                refusal = e;
                throw;
            }
        }
    }

    private IStreamCheck? FindStreamCheck(ArchiveHeader header, ManifestItem item) =>
        _engines.FirstOrDefault(e => e.Name == header.Engine)?.CreateStreamCheck(item.Name);

    /// <summary>The problem of an archive whose parents cannot be read.</summary>
    /// <param name="archive">Name of the archive.</param>
    /// <param name="problem">Why the parents cannot be read.</param>
    public static HoldfastException CreateUnknownParentException(string archive, HoldfastException problem) =>
        new(
            problem.Error,
            $"It is unknown whether the archives that '{archive}' builds on exist: {problem.Message}",
            problem.Hint,
            problem
        );

    private static HoldfastException CreateDuplicateException(ArchiveReader archive) =>
        new(
            ErrorCatalog.Refused,
            $"'{archive.Name}' is the same archive ({archive.Header.Id}) as an earlier one of its chain: it was copied over "
                + "the one that was written there.",
            "Use the chain at another destination."
        );

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _streams.DisposeAsync();
}
