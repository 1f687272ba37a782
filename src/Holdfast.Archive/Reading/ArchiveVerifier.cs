using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Reading;

/// <summary>Reads every byte of an archive sequentially, as tar would, and verifies it against the manifest.</summary>
public static class ArchiveVerifier
{
    /// <summary>
    /// Verifies an archive; throws what is wrong with it, and where. Of the archives that it builds on, reads only what
    /// <paramref name="streams"/> needs.
    /// </summary>
    /// <param name="archive">The archive.</param>
    /// <param name="workers">Maximum number of frames in flight.</param>
    /// <param name="streams">Checks its streams, together with the archives before it in its chain; null for no checks.</param>
    /// <param name="cancellationToken">Cancels the verification.</param>
    /// <exception cref="Core.Errors.HoldfastException">Corrupt, truncated or refused.</exception>
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
