using System.Globalization;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>Restores a database file from an image or a script.</summary>
internal sealed class SqliteRestoreTarget(NewDatabaseFile file, RestoreRequest request, ScriptFormat script, AccountResolver accounts)
    : IRestoreTarget
{
    private readonly List<string> _warnings = [];
    private FileStatus _createdStatus;
    private bool _loaded;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public FilePermissions? File { get; private set; }

    /// <inheritdoc/>
    public SourceInfo? Source { get; set; }

    /// <inheritdoc/>
    public async Task LoadAsync(IItemSource items, CancellationToken cancellationToken)
    {
        try
        {
            if (request.Type == BackupType.Snapshot)
            {
                await LoadImageAsync(items, cancellationToken);
            }
            else
            {
                await LoadScriptAsync(items, cancellationToken);
            }
            _loaded = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFailed,
                $"'{file.Temporary}' cannot be written: {file.Describe(e)}",
                "Check free space and that this user has write permission there.",
                e
            );
        }
    }

    /// <inheritdoc/>
    public Task CommitAsync(CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                if (!_loaded)
                {
                    throw new InvalidOperationException("Nothing was loaded.");
                }
                try
                {
                    // No connection has this file open, so opening and closing it here drops no lock.
                    using (var handle = Posix.OpenRegular(file.Temporary.Path))
                    {
                        if (FileStatus.Get(handle) is var status && !(status.IsSameFile(_createdStatus) && status.Links == 1))
                        {
                            throw WorkFolder.Replaced(file.Temporary.DisplayPath);
                        }
                        FilePermissionRestore.Apply(handle, request.OriginalPermissions, request.FileOptions, accounts, _warnings);
                        RandomAccess.FlushToDisk(handle);
                        File = FilePermissionRestore.Read(FileStatus.Get(handle), accounts);
                    }

                    file.Commit();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new HoldfastException(
                        ErrorCatalog.DestinationFailed,
                        $"'{file.FinalPath}' cannot be created: {file.Describe(e)}",
                        "Check free space and that this user has write permission there.",
                        e
                    );
                }
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        file.Dispose();
        return default;
    }

    private async Task LoadImageAsync(IItemSource items, CancellationToken cancellationToken)
    {
        var item = Item(items, SqliteView.ImageItem, ItemKind.Image);
        await using var stream = PrivateFile.Create(file.Temporary.Path, FileShare.None);
        _createdStatus = FileStatus.Get(stream.SafeFileHandle);
        await items.CopyImageAsync(item.Name, new FilePageTarget(stream.SafeFileHandle, file.Temporary.DisplayPath), cancellationToken);
        Check(SqliteView.PageSizeKey, item.PageSize);
        Check(SqliteView.PageCountKey, item.PageSize == 0 ? 0 : item.Length / item.PageSize);
        if (item.Length < FileHeader.SmallestDatabase || stream.Length != item.Length)
        {
            throw Refused($"the image has {item.Length} bytes and the file {stream.Length}");
        }
        var bytes = new byte[FileHeader.Length];
        RandomAccess.Read(stream.SafeFileHandle, bytes, 0);
        var isPlain = FileHeader.Parse(bytes).IsUnencrypted;
        if (request.Fingerprint.TryGetValue(SqliteView.EncryptedKey, out var encrypted) && isPlain == (encrypted == "true"))
        {
            throw Refused(
                isPlain
                    ? "the manifest says that the database is encrypted, and it is not"
                    : "the image does not begin as an SQLite database"
            );
        }
    }

    private async Task LoadScriptAsync(IItemSource items, CancellationToken cancellationToken)
    {
        var item = Item(items, SqliteView.ScriptItem, ItemKind.Stream);
        // SQLite treats an empty file as a new database, and gives its journals the same mode: contents that were
        // private are not readable by others, whatever the umask.
        await using (var empty = PrivateFile.Create(file.Temporary.Path, FileShare.None))
        {
            _createdStatus = FileStatus.Get(empty.SafeFileHandle);
        }
        _warnings.AddRange(
            await script.Load(
                file.Temporary,
                request.Key,
                output => items.CopyStreamAsync(item.Name, output, cancellationToken),
                request.Fingerprint,
                cancellationToken
            )
        );
    }

    private static ItemInfo Item(IItemSource items, string name, ItemKind kind) =>
        items.Items is [var only] && only.Name == name && only.Kind == kind
            ? only
            : throw Refused($"it contains {string.Join(", ", items.Items.Select(i => $"'{i.Name}'"))} but should contain only '{name}'");

    private void Check(string key, long value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        if (request.Fingerprint.TryGetValue(key, out var expected) && expected != text)
        {
            throw new HoldfastException(
                ErrorCatalog.Corrupt,
                $"The restored database has {key} {text}; the manifest says {expected}.",
                "Restore another point, and verify this one."
            );
        }
    }

    private static HoldfastException Refused(string what) =>
        new(ErrorCatalog.Refused, $"The archive is not an SQLite backup by Holdfast: {what}.", "Do not trust its origin.");
}
