using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Restores;

/// <summary>Reads every byte of archives, and checks that each finds what it builds on.</summary>
public static class Verifier
{
    /// <summary>Verifies everything under a path. One bad archive stops no other.</summary>
    /// <param name="path">Where.</param>
    /// <param name="keys">Open what is encrypted.</param>
    /// <param name="engines">Look at what they have made, for what a restore would refuse.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async IAsyncEnumerable<VerifyResult> VerifyAsync(
        StoredPath path,
        AgeKeys keys,
        IReadOnlyCollection<IDatabaseEngine> engines,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var chain in path.Chains)
        {
            var rules = new ChainRules();
            VerifyResult? unknown = null;
            // The full archive first: whether an incremental has its parents is known when it is reached.
            foreach (var archive in chain.Archives)
            {
                if (path.Archive is not null && path.Archive != archive) continue;
                var result = await VerifyAsync(path, archive, path.Archive is null ? rules : null, keys, engines, cancellationToken);
                // A parent that cannot be read now, or for which no key is here, says nothing of what builds on it.
                if (unknown is not null && result.Problem?.Error == ErrorCatalogue.ChainIncomplete) result = result with { Problem = NotKnown(archive, unknown) };
                else if (result.Problem is { } problem && !problem.IsDamage) unknown ??= result;
                yield return result;
            }
        }
    }

    private static async Task<VerifyResult> VerifyAsync(
        StoredPath path,
        StoredArchive stored,
        ChainRules? rules,
        AgeKeys keys,
        IReadOnlyCollection<IDatabaseEngine> engines,
        CancellationToken cancellationToken)
    {
        VerifyResult? opened = null;
        try
        {
            await using var archive = await ArchiveReader.OpenAsync(await path.Destination.OpenAsync(stored.Path, cancellationToken), keys, cancellationToken);
            opened = new(stored, archive.Header, 0, null) { ManifestSha256 = archive.ManifestSha256 };
            var engine = engines.FirstOrDefault(e => e.Name == archive.Header.Engine);
            var bytes = await ArchiveVerifier.VerifyAsync(
                archive, Environment.ProcessorCount, item => engine?.CheckOf(item.Name), cancellationToken);
            if (rules is not null)
            {
                if (rules.Has(archive.Header.Id)) throw Twice(archive);
                rules.Take(archive);
                await rules.CheckPagesAsync(archive, cancellationToken);
            }

            return opened with { TarBytes = bytes };
        }
        catch (HoldfastException e)
        {
            return (opened ?? new(stored, null, 0, null)) with { Problem = e };
        }
    }

    private static HoldfastException NotKnown(StoredArchive archive, VerifyResult parent) => new(
        parent.Problem!.Error, $"Whether '{archive.Path}' finds what it builds on is not known: {parent.Problem.Message}", parent.Problem.Hint, parent.Problem);

    private static HoldfastException Twice(ArchiveReader archive) => new(
        ErrorCatalogue.Refused, $"'{archive.Name}' is the same archive ({archive.Header.Id}) as an earlier one of its chain: it was copied over the one that was written there.", "Take the chain from another destination.");
}
