using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Reading;

/// <summary>Reads every byte of an archive from front to back and holds it against the manifest, as tar would read it.</summary>
public static class ArchiveVerifier
{
    /// <summary>Throws what is wrong with the archive, and where. The archives that it builds on are not read.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="workers">Frames under way at once.</param>
    /// <param name="checkOf">Begins to look at a stream that lies whole in this archive; null where there is nothing to look for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Bytes of the tar stream.</returns>
    /// <exception cref="Core.Errors.HoldfastException">Corrupt, cut short or refused.</exception>
    public static async Task<long> VerifyAsync(
        ArchiveReader archive, int workers, Func<ManifestItem, IStreamCheck?>? checkOf, CancellationToken cancellationToken)
    {
        using var walk = new TarWalk(archive, checkOf is null ? [] : StreamChecks(archive.Manifest, checkOf));
        await archive.Frames.ForEachAsync(
            Enumerable.Range(0, archive.Frames.Table.Count),
            workers,
            (frame, content) =>
            {
                var copy = new PooledBuffer(content.Length) { Length = content.Length };
                content.CopyTo(copy.Span);
                return (Content: copy, Digests: walk.PageDigests(archive.Frames.Table.Content(frame).Offset, content));
            },
            (frame, _) =>
            {
                using (frame.Content) walk.Take(frame.Content.Span, frame.Digests);
                return ValueTask.CompletedTask;
            },
            cancellationToken);
        walk.End();
        foreach (var item in archive.Manifest.Items.Where(i => i.PageMap is not null)) await archive.ReadPageMapAsync(item, cancellationToken);
        return archive.Frames.Length;
    }

    // By the offset of each part. An incremental's streams lie in several archives, of which this is one.
    private static Dictionary<long, IStreamCheck> StreamChecks(Manifest manifest, Func<ManifestItem, IStreamCheck?> checkOf)
    {
        var checks = new Dictionary<long, IStreamCheck>();
        foreach (var item in manifest.Items.Where(i => i.Kind == ItemKind.Stream && IsWhole(i.Parts)))
        {
            if (checkOf(item) is not { } check) continue;
            foreach (var part in item.Parts) checks[part.Offset] = check;
        }

        return checks;
    }

    private static bool IsWhole(IReadOnlyList<ManifestPart> parts)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Archive != 0 || (i > 0 && parts[i].Offset <= parts[i - 1].Offset)) return false;
        }

        return parts.Count > 0;
    }
}
