using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>
/// Copies archives that one destination misses, or has damaged, from another that has them whole: byte for byte, each
/// with its index, and held against
/// the hash that the catalog keeps of it.
/// </summary>
internal static class ArchiveCopier
{
    /// <summary>Copies one archive. Its index first: an archive is never seen without its own.</summary>
    /// <param name="from">A destination that has it whole, as far as is known.</param>
    /// <param name="to">One that has not.</param>
    /// <param name="archive">The archive, as it lies at <paramref name="from"/>.</param>
    /// <param name="there">
    /// The same as it lies at <paramref name="to"/>; null where it is not there. It is removed, once the other is
    /// proved to be whole.
    /// </param>
    /// <param name="written">What the catalog knows of it; null or unrecorded where it can only be copied to a place that has none.</param>
    /// <param name="cancellationToken">Stops it; nothing half copied stays.</param>
    /// <exception cref="HoldfastException">
    /// What goes wrong at either, or <see cref="ErrorCatalogue.Corrupt"/> where the copy is no better.
    /// </exception>
    public static async Task CopyAsync(
        IDestination from,
        IDestination to,
        StoredArchive archive,
        StoredArchive? there,
        CatalogArchive? written,
        CancellationToken cancellationToken
    )
    {
        if (there is not null)
        {
            await VerifySourceAsync(from, archive.Path, written?.Sha256, cancellationToken);
            await to.DeleteAsync(archive.Path, cancellationToken);
        }

        var hasIndex = there?.HasIndex ?? await HasValidIndexAsync(to, archive.IndexPath, written?.IndexSha256, cancellationToken);
        await using var index =
            archive.HasIndex && !hasIndex ? await CopyAsync(from, to, archive.IndexPath, written?.IndexSha256, cancellationToken) : null;
        await using var copy = await CopyAsync(from, to, archive.Path, written?.Sha256, cancellationToken);
        await to.PublishAsync(index is null ? [copy] : [index, copy], cancellationToken);
    }

    /// <summary>Copies the index of one archive.</summary>
    /// <inheritdoc cref="CopyAsync(IDestination, IDestination, StoredArchive, StoredArchive, CatalogArchive, CancellationToken)"/>
    public static async Task CopyIndexAsync(
        IDestination from,
        IDestination to,
        StoredArchive archive,
        StoredArchive there,
        CatalogArchive? written,
        CancellationToken cancellationToken
    )
    {
        if (there.HasIndex)
        {
            await VerifySourceAsync(from, archive.IndexPath, written?.IndexSha256, cancellationToken);
            await to.DeleteAsync(archive.IndexPath, cancellationToken);
        }

        await using var copy = await CopyAsync(from, to, archive.IndexPath, written?.IndexSha256, cancellationToken);
        await to.PublishAsync([copy], cancellationToken);
    }

    // Where only the archive was lost its index can be there still.
    private static async Task<bool> HasValidIndexAsync(IDestination to, string path, string? sha256, CancellationToken cancellationToken)
    {
        try
        {
            await using (var source = await to.OpenAsync(path, cancellationToken))
            {
                if (sha256 is not null && await StoredFileReader.HashAsync(source, cancellationToken) == sha256)
                {
                    return true;
                }
            }

            await to.DeleteAsync(path, cancellationToken);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.NotFound)
        {
            // as it mostly is
        }

        return false;
    }

    // Nothing is removed before another copy was read from its first byte to its last.
    private static async Task VerifySourceAsync(IDestination from, string path, string? sha256, CancellationToken cancellationToken)
    {
        if (sha256 is null)
        {
            throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"'{path}' is not recorded, so no copy of it can be proved to be whole.",
                "Verify the chain at the other destination: that records it."
            );
        }
        await using var source = await from.OpenAsync(path, cancellationToken);
        if (await StoredFileReader.HashAsync(source, cancellationToken) != sha256)
        {
            throw Damaged(from, path);
        }
    }

    private static HoldfastException Damaged(IDestination from, string path) =>
        new(
            ErrorCatalogue.Corrupt,
            $"'{path}' at '{from.Name}' is not what was written there either.",
            "The next full backup starts a chain that is whole everywhere."
        );

    private static async Task<IUpload> CopyAsync(
        IDestination from,
        IDestination to,
        string path,
        string? sha256,
        CancellationToken cancellationToken
    )
    {
        await using var source = await from.OpenAsync(path, cancellationToken);
        var upload = await to.BeginUploadAsync(path, cancellationToken);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await StoredFileReader.ReadAsync(
                source,
                async part =>
                {
                    hash.AppendData(part.Span);
                    await upload.WriteAsync(part, cancellationToken);
                },
                cancellationToken
            );
            if (sha256 is not null && Convert.ToBase64String(hash.GetHashAndReset()) != sha256)
            {
                throw Damaged(from, path);
            }
            return upload;
        }
        catch
        {
            await upload.DisposeAsync();
            throw;
        }
    }
}
