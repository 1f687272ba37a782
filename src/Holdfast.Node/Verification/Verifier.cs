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
/// Reads every byte of archives, and checks that each finds what it builds on, and that no restore would refuse its
/// streams.
/// </summary>
public static class Verifier
{
    /// <summary>Verifies everything under a path. One bad archive stops no other.</summary>
    /// <param name="path">Where.</param>
    /// <param name="keys">Open what is encrypted.</param>
    /// <param name="engines">Look at what they have made, for what a restore would refuse.</param>
    /// <param name="cancellationToken">Stops it.</param>
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
            // The full archive first: whether an incremental has its parents is known when it is reached.
            foreach (var archive in chain.Archives)
            {
                if (path.Archive is not null && path.Archive != archive)
                {
                    continue;
                }
                var result = await VerifyAsync(path, chain, archive, rules, streams, keys, engines, cancellationToken);
                // A parent that cannot be read now, or for which no key is here, says nothing of what builds on it.
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

            // Whole it is: what builds on it may name its parts, and is refused for its own streams only.
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

    // One that is given by its own path: its streams are read as a restore of it reads them, where the archives that
    // they lie in are beside it. Its own
    // bytes have been read by then, so whatever is damaged is one of those.
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
            // Whether it finds what it builds on is asked of whole chains.
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.Refused)
        {
            throw; // what its own manifest asks of the others; which archive is meant is said
        }
        catch (HoldfastException e) when (e.IsDamage)
        {
            throw ChainValidator.CreateBaseDamaged(archive.Name, e);
        }
        catch (HoldfastException e)
        {
            // it was read itself a moment ago: no key for what it builds on, or a destination that is silent by now
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
        new(problem.Error, $"Whether '{archive}' finds what it builds on is not known: {problem.Message}", problem.Hint, problem);

    private static HoldfastException CreateDuplicateException(ArchiveReader archive) =>
        new(
            ErrorCatalogue.Refused,
            $"'{archive.Name}' is the same archive ({archive.Header.Id}) as an earlier one of its chain: it was copied over "
                + "the one that was written there.",
            "Take the chain from another destination."
        );
}
