using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Backups;

/// <summary>Copies archives that one destination misses from another that has them, byte for byte, each with its index.</summary>
internal static class ChainHealer
{
    private const int CopyBytes = 1 << 20;

    /// <summary>Brings destination number <paramref name="target"/> up to what the others hold together. Indexes first: an archive is never seen without its own.</summary>
    public static async Task HealAsync(IReadOnlyList<IDestination> destinations, int target, IReadOnlyList<StoredArchive> all, CancellationToken cancellationToken)
    {
        foreach (var archive in all)
        {
            if (await HasAsync(destinations[target], archive.Path, cancellationToken)) continue;
            await CopyAsync(destinations, target, archive, cancellationToken);
        }
    }

    private static async Task CopyAsync(IReadOnlyList<IDestination> destinations, int target, StoredArchive archive, CancellationToken cancellationToken)
    {
        HoldfastException? failure = null;
        for (var i = 0; i < destinations.Count; i++)
        {
            if (i == target) continue;
            try
            {
                await using var source = await destinations[i].OpenAsync(archive.Path, cancellationToken);
                await using var index = archive.HasIndex ? await destinations[i].OpenAsync(archive.IndexPath, cancellationToken) : null;
                await using var archiveCopy = await CopyAsync(source, destinations[target], archive.Path, cancellationToken);
                await using var indexCopy = index is null ? null : await CopyAsync(index, destinations[target], archive.IndexPath, cancellationToken);
                await destinations[target].PublishAsync(indexCopy is null ? [archiveCopy] : [indexCopy, archiveCopy], cancellationToken);
                return;
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.NotFound)
            {
                failure ??= e; // another destination may have it
            }
        }

        throw failure ?? new HoldfastException(ErrorCatalogue.NotFound, $"'{archive.Path}' is at no other destination.", "The next full backup starts a chain that is whole everywhere.");
    }

    private static async Task<IUpload> CopyAsync(IByteSource source, IDestination destination, string path, CancellationToken cancellationToken)
    {
        var upload = await destination.BeginUploadAsync(path, cancellationToken);
        try
        {
            var buffer = new byte[(int)Math.Min(CopyBytes, Math.Max(1, source.Length))];
            for (long at = 0; at < source.Length;)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, source.Length - at));
                await source.ReadAsync(at, part, cancellationToken);
                await upload.WriteAsync(part, cancellationToken);
                at += part.Length;
            }

            return upload;
        }
        catch
        {
            await upload.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> HasAsync(IDestination destination, string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = await destination.OpenAsync(path, cancellationToken);
            return true;
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.NotFound)
        {
            return false;
        }
    }
}
