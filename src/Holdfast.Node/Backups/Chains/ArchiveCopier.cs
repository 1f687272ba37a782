using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Backups.Chains;

/// <summary>
/// Copies archives that are missing or damaged at one destination from another that has intact copies: byte for byte, each with its
/// index, and verified against the hash in the catalog.
/// </summary>
internal static class ArchiveCopier
{
    /// <summary>Copies one archive. Its index is copied first, so that an archive never appears without it.</summary>
    /// <param name="from">A destination with a copy that is intact as far as known.</param>
    /// <param name="to">The destination to repair.</param>
    /// <param name="archive">The archive at <paramref name="from"/>.</param>
    /// <param name="there">
    /// The copy at <paramref name="to"/>; null if there is none. It is removed once the other copy is proved to be intact.
    /// </param>
    /// <param name="written">
    /// The archive in the catalog. If null or unrecorded, the archive is copied only to a destination that has no copy.
    /// </param>
    /// <param name="cancellationToken">Cancels the copy; no partial file stays.</param>
    /// <exception cref="HoldfastException">A failure of either destination, or <see cref="ErrorCatalog.Corrupt"/> if the other
    /// copy is damaged, too.</exception>
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

    // If only the archive was lost, its index may still exist.
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
        catch (HoldfastException e) when (e.Error == ErrorCatalog.NotFound)
        {
            // the common case
        }

        return false;
    }

    // Nothing is removed before another copy has been read completely.
    private static async Task VerifySourceAsync(IDestination from, string path, string? sha256, CancellationToken cancellationToken)
    {
        if (sha256 is null)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"'{path}' is not recorded, so no copy of it can be proved to be intact.",
                "Verify the chain at the other destination, which records it."
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
            ErrorCatalog.Corrupt,
            $"'{path}' at '{from.Name}' does not match what was written there, either.",
            "The next full backup starts a chain that is complete everywhere."
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
        var upload = await to.BeginUploadAsync(path, new(source.Length), cancellationToken);
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
