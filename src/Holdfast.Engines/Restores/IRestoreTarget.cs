using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Restores;

/// <summary>A database that is being restored. Disposing it without <see cref="CommitAsync"/> leaves nothing behind.</summary>
public interface IRestoreTarget : IAsyncDisposable
{
    /// <summary>Warnings for the operator: properties of the original that the new database could not get.</summary>
    IReadOnlyList<string> Warnings => [];

    /// <summary>
    /// The <see cref="Warnings"/> that name parts of the original which the new database lacks. If empty, the new database is complete.
    /// </summary>
    IReadOnlyList<string> OmittedObjects => [];

    /// <summary>The source in which the new database is created; see <see cref="IDatabaseView.Source"/>.</summary>
    SourceInfo? Source => null;

    /// <summary>
    /// Owner and mode of the new database's file, known after <see cref="CommitAsync"/>; null if the database is not a file.
    /// </summary>
    FilePermissions? File => null;

    /// <summary>The state of the role that runs the restore; null if the engine has no roles, or the role was not inspected.</summary>
    RestoreRoleState? RestoreRole => null;

    /// <summary>Loads the items and verifies the fingerprint. The contents are untrusted.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Refused"/> or <see cref="ErrorCatalog.Corrupt"/>, with the reason and position;
    /// <see cref="ErrorCatalog.RestoreRoleChanged"/> if code in the contents changed <see cref="RestoreRole"/>.
    /// </exception>
    Task LoadAsync(IItemSource items, CancellationToken cancellationToken);

    /// <summary>Flushes the database to disk and gives it its name atomically.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.TargetExists"/> if the name has been taken in the meantime.
    /// </exception>
    Task CommitAsync(CancellationToken cancellationToken);
}
