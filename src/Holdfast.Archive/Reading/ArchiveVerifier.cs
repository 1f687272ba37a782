using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Reading;

/// <summary>Reads every byte of an archive from front to back and holds it against the manifest, as tar would read it.</summary>
public static class ArchiveVerifier
{
    /// <summary>Throws what is wrong with the archive, and where. The archives that it builds on are not read.</summary>
    /// <returns>Bytes of the tar stream.</returns>
    /// <exception cref="Core.Errors.HoldfastException">Corrupt, cut short or refused.</exception>
    public static async Task<long> VerifyAsync(ArchiveReader archive, int workers, CancellationToken cancellationToken)
    {
        using var walk = new TarWalk(archive);
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
}
