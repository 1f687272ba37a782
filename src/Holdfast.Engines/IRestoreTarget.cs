using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Engines;

/// <summary>A new database in the making. Disposing it without <see cref="CommitAsync"/> leaves nothing behind.</summary>
public interface IRestoreTarget : IAsyncDisposable
{
    /// <summary>Things that the operator should know of the new database: what of the old one the target could not take over.</summary>
    IReadOnlyList<string> Warnings => [];

    /// <summary>
    /// Those of <see cref="Warnings"/> that each tell something of the old database that the new one lacks. Where it is
    /// empty, the new one is whole.
    /// </summary>
    IReadOnlyList<string> OmittedObjects => [];

    /// <summary>What the source says of itself where the new database is made, as <see cref="IDatabaseView.Source"/>.</summary>
    SourceInfo? Source => null;

    /// <summary>
    /// Owner and mode of the new database's file, known after <see cref="CommitAsync"/>; null where the database is no
    /// file.
    /// </summary>
    FilePermissions? File => null;

    /// <summary>The role that runs the restore, where the engine has one; null where it has none, or it was not looked at.</summary>
    RestoreRoleState? RestoreRole => null;

    /// <summary>Loads the items and checks the fingerprint. The contents are hostile input.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Refused"/> or <see cref="ErrorCatalogue.Corrupt"/>, with what and where;
    /// <see cref="ErrorCatalogue.RestoreRoleChanged"/> where code of
    /// the contents has changed <see cref="RestoreRole"/>.
    /// </exception>
    Task LoadAsync(IItemSource items, CancellationToken cancellationToken);

    /// <summary>Flushes the database to disk and gives it its name, whole or not at all.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.TargetExists"/> when the name was taken meanwhile.</exception>
    Task CommitAsync(CancellationToken cancellationToken);
}
