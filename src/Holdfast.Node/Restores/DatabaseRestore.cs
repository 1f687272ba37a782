using Holdfast.Archive.Reading;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;

namespace Holdfast.Node.Restores;

/// <summary>Creates one new database from one restore point.</summary>
public static class DatabaseRestore
{
    /// <summary>Restores the point as the new database <paramref name="name"/> with the defaults of all options.</summary>
    /// <param name="engine">Name of the source's engine; must be that of the archive.</param>
    /// <param name="source">The source of the new database.</param>
    /// <param name="name">Name of the new database.</param>
    /// <param name="point">The restore point, opened and checked.</param>
    /// <param name="cancellationToken">Cancels the restore.</param>
    public static Task<RestoredDatabase> RunAsync(
        string engine,
        IDatabaseSource source,
        string name,
        ChainReader point,
        CancellationToken cancellationToken
    ) => RunAsync(engine, source, name, point, new(), null, cancellationToken);

    /// <summary>
    /// Restores the point as the new database <paramref name="name"/> of <paramref name="source"/>. A failed or
    /// cancelled restore leaves nothing behind.
    /// </summary>
    /// <param name="engine">Name of the source's engine; must be that of the archive.</param>
    /// <param name="source">The source of the new database.</param>
    /// <param name="name">Name of the new database.</param>
    /// <param name="point">The restore point, opened and checked.</param>
    /// <param name="options">The options.</param>
    /// <param name="meter">Receives the progress; null for none.</param>
    /// <param name="cancellationToken">Cancels the restore.</param>
    /// <returns>The new database.</returns>
    /// <exception cref="HoldfastException">The target exists, or the contents do not match the manifest.</exception>
    public static async Task<RestoredDatabase> RunAsync(
        string engine,
        IDatabaseSource source,
        string name,
        ChainReader point,
        DatabaseRestoreOptions options,
        RestoreMeter? meter,
        CancellationToken cancellationToken
    )
    {
        var header = point.Point.Header;
        if (header.Engine != engine)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{point.Point.Name}' is a backup of a {header.Engine} database and cannot become one of {engine}.",
                $"Restore it to a {header.Engine} source."
            );
        }
        var key = header is { DatabaseEncrypted: true, Type: BackupType.Backup } ? DatabaseKeyOf(point) : null;
        if (meter is not null)
        {
            meter.TotalBytes = point.Items.Sum(i => i.Length);
        }
        var manifest = point.Point.Manifest;
        var request = new RestoreRequest(name, header.Type, key, manifest.Fingerprint, point.Items.Sum(i => i.Length))
        {
            OriginalPermissions = manifest.File,
            FileOptions = options.File,
            ContinueOnError = options.ContinueOnError,
        };
        await using var target = await source.BeginRestoreAsync(request, cancellationToken);
        if (meter?.OnLoading is { } loading && target.RestoreRole is { } role)
        {
            await loading(role, cancellationToken);
        }
        try
        {
            await target.LoadAsync(meter is null ? point : new MeteredSource(point, meter), cancellationToken);
        }
        finally
        {
            if (meter is not null)
            {
                meter.RestoreRole = target.RestoreRole;
            }
        }

        await target.CommitAsync(cancellationToken);
        return new(target.Warnings, target.File) { Omissions = target.OmittedObjects };
    }

    // A logical archive of an encrypted database is encrypted with the key of the database, so the key that opened it is that key.
    private static DatabaseKey DatabaseKeyOf(ChainReader point) =>
        point.Point.OpenedWith
        ?? throw new HoldfastException(
            ErrorCatalog.Refused,
            $"'{point.Point.Name}' is a backup of an encrypted database but is not encrypted itself.",
            "It was not written by Holdfast, or was tampered with. Do not use it."
        );
}
