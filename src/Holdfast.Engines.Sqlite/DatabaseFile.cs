using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite;

/// <summary>
/// A database's file, found or created beneath the root of its source without following a link. The folder that
/// contains the file stays open, and the file and its side files are opened relative to it, so replacing a folder on
/// the path with another folder or a link does not change what is read. Dispose this after closing everything that was
/// opened through it.
/// </summary>
internal sealed class DatabaseFile : IDisposable
{
    private const int TooManyLinks = 40,
        NameTooLong = 36;
    private readonly SafeFileHandle _folder;

    private DatabaseFile(SafeFileHandle folder, string fileName, string displayPath)
    {
        _folder = folder;
        Path = ConfinedFileAccess.PathIn(folder, fileName);
        DisplayPath = displayPath;
    }

    /// <summary>Describes the file of a database that is being created in an open folder.</summary>
    /// <param name="folder">The folder. Disposed together with this object.</param>
    /// <param name="fileName">Name of the file in that folder.</param>
    /// <param name="displayPath">The path to show to users.</param>
    public static DatabaseFile ForNew(SafeFileHandle folder, string fileName, string displayPath) => new(folder, fileName, displayPath);

    /// <summary>
    /// The path to open the file by. The last component may be replaced by a link at any time, so open it without
    /// following links.
    /// </summary>
    public string Path { get; }

    /// <summary>The path to show to users.</summary>
    public string DisplayPath { get; }

    /// <summary>Opens the file of an existing database.</summary>
    /// <param name="root">The directory, with links resolved.</param>
    /// <param name="name">Name of the database, which comes from an archive or a request.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/>, <see cref="ErrorCatalog.SourceUnreadable"/> for a link, or the name
    /// leads out of the directory.
    /// </exception>
    public static DatabaseFile Find(string root, string name)
    {
        var displayPath = DatabasePath.Combine(root, name);
        var slash = name.LastIndexOf('/');
        SafeFileHandle folder;
        try
        {
            using var rootHandle = ConfinedFileAccess.OpenRoot(root);
            folder = ConfinedFileAccess.OpenPathOnly(rootHandle, slash < 0 ? "" : name[..slash]);
        }
        catch (IOException e)
        {
            throw e.HResult == TooManyLinks
                ? AbsenceExplainer.SymbolicLink($"'{displayPath}' is reached through a link")
                : Failure(root, name, displayPath, e.HResult);
        }

        var file = new DatabaseFile(folder, name[(slash + 1)..], displayPath);
        var error = FileStatus.Read(file.Path, out var status);
        if (error == 0 && status.IsRegular)
        {
            return file;
        }
        file.Dispose();
        throw error == 0
            ? AbsenceExplainer.SymbolicLink(
                $"'{displayPath}' is no longer a file; {(status.IsLink ? "it is a link" : "it is a folder, a pipe or a device")}"
            )
            : Failure(root, name, displayPath, error);
    }

    /// <summary>Reads the status of a side file: the log, the log's index, or the journal.</summary>
    /// <param name="ending">Suffix after the database's name: <c>-wal</c>, <c>-shm</c> or <c>-journal</c>.</param>
    /// <returns>Null if the file does not exist, or if no file can have that name.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.SourceUnreadable"/> if its existence cannot be determined: a log that cannot be seen
    /// must not be treated as missing.
    /// </exception>
    public FileStatus? GetSideFileStatus(string ending)
    {
        var error = FileStatus.Read(Path + ending, out var status);
        return error == 0 ? status
            : FileStatus.IsNotFound(error) || error == NameTooLong ? null
            : throw ReadErrorTranslator.Translate(DisplayPath + ending, error);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <inheritdoc/>
    public override string ToString() => DisplayPath;

    private static HoldfastException Failure(string root, string name, string displayPath, int error) =>
        FileStatus.IsNotFound(error)
            ? new(ErrorCatalog.NotFound, $"There is no database '{name}' in '{root}'.", "List them with: holdfast databases")
            : ReadErrorTranslator.Translate(displayPath, error);
}
