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
/// Reads archives completely, and checks that each has the archives that it builds on and that a restore would accept its streams.
/// </summary>
public static class Verifier
{
    /// <summary>Verifies everything at a location. A bad archive does not stop the others.</summary>
    /// <param name="path">The location.</param>
    /// <param name="keys">The keys for encrypted archives.</param>
    /// <param name="engines">The engines, which check their own streams for what a restore would refuse.</param>
    /// <param name="cancellationToken">Cancels the verification.</param>
    public static async IAsyncEnumerable<VerifyResult> VerifyAsync(
        ResolvedLocation path,
        AgeKeys keys,
        IReadOnlyCollection<IDatabaseEngine> engines,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var chain in path.Chains)
        {
            var rules = path.Archive is null ? new ChainValidator() : null;
            await using var streams = new ChainStreamVerifier((header, item) => FindStreamCheck(engines, header, item));
            VerifyResult? unknown = null;
            // The full archive first, so that the parents of an incremental are known when it is verified.
            foreach (var archive in chain.Archives)
            {
                if (path.Archive is not null && path.Archive != archive)
                {
                    continue;
                }
                var result = await VerifyAsync(path, chain, archive, rules, streams, keys, engines, cancellationToken);
                // A parent that cannot be read now, or whose key is missing here, says nothing about the archives that build on it.
                if (unknown is not null && result.Problem?.Error == ErrorCatalogue.ChainIncomplete)
                {
                    result = result with { Problem = CreateUnknownParentException(archive.Path, unknown.Problem!) };
                }
                else if (result.Problem is { } problem && !problem.IsDamage)
                {
                    unknown ??= result;
                }
                yield return result;
            }
        }
    }

    private static async Task<VerifyResult> VerifyAsync(
        ResolvedLocation path,
        StoredChain chain,
        StoredArchive stored,
        ChainValidator? rules,
        ChainStreamVerifier streams,
        AgeKeys keys,
        IReadOnlyCollection<IDatabaseEngine> engines,
        CancellationToken cancellationToken
    )
    {
        VerifyResult? opened = null;
        try
        {
            await using var archive = await ArchiveReader.OpenAsync(await OpenAsync(cancellationToken), keys, cancellationToken);
            opened = new(stored, archive.Header, 0, null) { ManifestSha256 = archive.ManifestSha256 };
            var read = await ArchiveVerifier.VerifyAsync(archive, Environment.ProcessorCount, streams, cancellationToken);
            if (rules is not null)
            {
                if (rules.Has(archive.Header.Id))
                {
                    throw CreateDuplicateException(archive);
                }
                rules.Add(archive);
                await rules.CheckPagesAsync(archive, cancellationToken);
            }

            // The archive itself is intact: later ones may refer to its parts, and are refused only for their own streams.
            streams.Add(archive, keys, OpenAsync);
            if (read.Refusal is { } refusal)
            {
                throw refusal;
            }
            if (rules is null && archive.Header.Kind == BackupKind.Incremental)
            {
                await CheckWithoutChainAsync(path, new(chain, stored), archive, keys, engines, cancellationToken);
            }
            return opened with { TarBytes = read.TarBytes };
        }
        catch (HoldfastException e)
        {
            return (opened ?? new(stored, null, 0, null)) with { Problem = e };
        }

        async Task<IByteSource> OpenAsync(CancellationToken token) => await path.Destination.OpenAsync(stored.Path, token);
    }

    // A single archive that was requested by its own path: its streams are read as a restore would, if the archives that contain
    // their parts are next to it. Its own bytes have been verified by then, so any damage is in one of those.
    private static async Task CheckWithoutChainAsync(
        ResolvedLocation path,
        RestorePoint point,
        ArchiveReader archive,
        AgeKeys keys,
        IReadOnlyCollection<IDatabaseEngine> engines,
        CancellationToken cancellationToken
    )
    {
        var checks = archive
            .Manifest.Items.Where(i => i.Kind == ItemKind.Stream)
            .Select(i => (Item: i, Check: FindStreamCheck(engines, archive.Header, i)))
            .ToList();
        if (checks.TrueForAll(c => c.Check is null))
        {
            return;
        }
        HoldfastException? refusal = null;
        try
        {
            await using var opened = await RestorePointReader.OpenAsync(path.Destination, point, keys, cancellationToken);
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
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.ChainIncomplete)
        {
            // Parents are only required if whole chains are verified.
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.Refused)
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

    private static IStreamCheck? FindStreamCheck(IReadOnlyCollection<IDatabaseEngine> engines, ArchiveHeader header, ManifestItem item) =>
        engines.FirstOrDefault(e => e.Name == header.Engine)?.CreateStreamCheck(item.Name);

    private static HoldfastException CreateUnknownParentException(string archive, HoldfastException problem) =>
        new(
            problem.Error,
            $"It is unknown whether the archives that '{archive}' builds on exist: {problem.Message}",
            problem.Hint,
            problem
        );

    private static HoldfastException CreateDuplicateException(ArchiveReader archive) =>
        new(
            ErrorCatalogue.Refused,
            $"'{archive.Name}' is the same archive ({archive.Header.Id}) as an earlier one of its chain: it was copied over "
                + "the one that was written there.",
            "Use the chain at another destination."
        );
}
