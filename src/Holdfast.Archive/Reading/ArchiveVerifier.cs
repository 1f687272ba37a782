using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Reading;

/// <summary>Reads every byte of an archive from front to back and holds it against the manifest, as tar would read it.</summary>
public static class ArchiveVerifier
{
    /// <summary>
    /// Throws what is wrong with the archive, and where. Of the archives that it builds on it reads what
    /// <paramref name="streams"/> need of them, no more.
    /// </summary>
    /// <param name="archive">The archive.</param>
    /// <param name="workers">Frames under way at once.</param>
    /// <param name="streams">Look at its streams, with those of the archives before it in its chain; null where nobody does.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Core.Errors.HoldfastException">Corrupt, cut short or refused.</exception>
    public static async Task<ArchiveVerificationResult> VerifyAsync(
        ArchiveReader archive,
        int workers,
        ChainStreamVerifier? streams,
        CancellationToken cancellationToken
    )
    {
        var (points, refusal) = streams?.Begin(archive) ?? ([], null);
        using var walk = new TarVerifier(archive, points);
        await archive.Frames.ForEachAsync(
            Enumerable.Range(0, archive.Frames.Table.Count),
            workers,
            (frame, content) =>
            {
                var copy = new PooledBuffer(content.Length) { Length = content.Length };
                content.CopyTo(copy.Span);
                return (Content: copy, Digests: walk.PageDigests(archive.Frames.Table.Content(frame).Offset, content));
            },
            async (frame, token) =>
            {
                using (frame.Content)
                {
                    await walk.ProcessAsync(frame.Content.Memory, frame.Digests, token);
                }
            },
            cancellationToken
        );
        walk.Complete();
        foreach (var item in archive.Manifest.Items.Where(i => i.PageMap is not null))
        {
            await archive.ReadPageMapAsync(item, cancellationToken);
        }
        foreach (var (_, point) in points)
        {
            await point.CompleteAsync(cancellationToken);
        }
        return new(archive.Frames.Length, refusal ?? points.Select(p => p.Point.Refusal).FirstOrDefault(r => r is not null));
    }
}
