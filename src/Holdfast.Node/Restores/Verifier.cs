using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Restores;

/// <summary>Reads every byte of archives, and checks that each finds what it builds on.</summary>
public static class Verifier
{
    /// <summary>Verifies everything under a path. One bad archive stops no other.</summary>
    public static async IAsyncEnumerable<VerifyResult> VerifyAsync(StoredPath path, AgeKeys keys, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var chain in path.Chains)
        {
            var seen = new Dictionary<string, (ArchiveHeader Header, long TarBytes)>(StringComparer.Ordinal);
            // The full archive first: whether an incremental has its parents is known when it is reached.
            foreach (var archive in chain.Archives)
            {
                if (path.Archive is not null && path.Archive != archive) continue;
                yield return await VerifyAsync(path, archive, path.Archive is null ? seen : null, keys, cancellationToken);
            }
        }
    }

    private static async Task<VerifyResult> VerifyAsync(StoredPath path, StoredArchive stored, Dictionary<string, (ArchiveHeader Header, long TarBytes)>? seen, AgeKeys keys, CancellationToken cancellationToken)
    {
        try
        {
            await using var archive = await ArchiveReader.OpenAsync(await path.Destination.OpenAsync(stored.Path, cancellationToken), keys, cancellationToken);
            var bytes = await ArchiveVerifier.VerifyAsync(archive, Environment.ProcessorCount, cancellationToken);
            if (seen is not null)
            {
                seen[archive.Header.Id] = (archive.Header, bytes);
                CheckParents(archive, seen);
            }

            return new(stored, archive.Header, bytes, null);
        }
        catch (HoldfastException e)
        {
            return new(stored, null, 0, e);
        }
    }

    private static void CheckParents(ArchiveReader archive, Dictionary<string, (ArchiveHeader Header, long TarBytes)> seen)
    {
        var parent = archive.Header.Parent;
        if (parent is not null && (!seen.TryGetValue(parent, out var found) || found.Header.Chain != archive.Header.Chain))
            throw new HoldfastException(ErrorCatalogue.ChainIncomplete, $"'{archive.Name}' builds on archive {parent}, which is missing or damaged.", "Take the chain from another destination, or restore an older point.");
        foreach (var part in archive.Manifest.Items.SelectMany(i => i.Parts).Where(p => p.Archive != 0))
        {
            var id = archive.Manifest.Archives[part.Archive];
            if (!seen.TryGetValue(id, out var holder) || part.Offset > holder.TarBytes - part.Length)
                throw new HoldfastException(ErrorCatalogue.ChainIncomplete, $"'{archive.Name}' names bytes at offset {part.Offset} of archive {id}, which are not there.", "Take the chain from another destination, or restore an older point.");
        }
    }
}
