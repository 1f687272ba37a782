using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite;

/// <summary>
/// A database's file, found (or made) beneath its source's root without following a link. The folder that it lies in
/// stays open, and the file and those beside it are
/// opened from there: whoever exchanges a folder on the way for another, or for a link, exchanges nothing of what is
/// read. Dispose it when all of it is
/// closed.
/// </summary>
internal sealed class DatabaseFile : IDisposable
{
    private const int TooManyLinks = 40,
        NameTooLong = 36;
    private readonly SafeFileHandle _folder;

    private DatabaseFile(SafeFileHandle folder, string fileName, string shown)
    {
        _folder = folder;
        Path = ConfinedFileAccess.PathIn(folder, fileName);
        DisplayPath = shown;
    }

    /// <summary>The file of a database that is being made, in an open folder.</summary>
    /// <param name="folder">The folder. It is closed with this.</param>
    /// <param name="fileName">The file's name there.</param>
    /// <param name="shown">The path that people know.</param>
    public static DatabaseFile ForNew(SafeFileHandle folder, string fileName, string shown) => new(folder, fileName, shown);

    /// <summary>The path to open it by. The last name may be exchanged for a link at any time: open it by what follows none.</summary>
    public string Path { get; }

    /// <summary>The path that people know.</summary>
    public string DisplayPath { get; }

    /// <summary>Finds the file of a database that should be there.</summary>
    /// <param name="root">The directory, links resolved.</param>
    /// <param name="name">Its name, which comes from an archive or a request.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.NotFound"/>, <see cref="ErrorCatalogue.SourceUnreadable"/> for a link, or the name
    /// leads out of the directory.
    /// </exception>
    public static DatabaseFile Find(string root, string name)
    {
        var shown = DatabasePath.Combine(root, name);
        var slash = name.LastIndexOf('/');
        SafeFileHandle folder;
        try
        {
            using var limit = ConfinedFileAccess.OpenRoot(root);
            folder = ConfinedFileAccess.OpenPathOnly(limit, slash < 0 ? "" : name[..slash]);
        }
        catch (IOException e)
        {
            throw e.HResult == TooManyLinks
                ? AbsenceExplainer.SymbolicLink($"'{shown}' lies behind a link")
                : Failure(root, name, shown, e.HResult);
        }

        var file = new DatabaseFile(folder, name[(slash + 1)..], shown);
        var error = FileStatus.Read(file.Path, out var status);
        if (error == 0 && status.IsRegular)
        {
            return file;
        }
        file.Dispose();
        throw error == 0
            ? AbsenceExplainer.SymbolicLink(
                $"'{shown}' is no file any more; {(status.IsLink ? "it is a link" : "it is a folder, a pipe or a device")}"
            )
            : Failure(root, name, shown, error);
    }

    /// <summary>The status of a file beside it: its log, the index of that, its journal.</summary>
    /// <param name="ending">What its name ends in after the database's: <c>-wal</c>, <c>-shm</c>, <c>-journal</c>.</param>
    /// <returns>Null where there is none, or where no file can have that name.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.SourceUnreadable"/> where nobody can tell: a log that is not seen is not one that is
    /// not there.
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

    private static HoldfastException Failure(string root, string name, string shown, int error) =>
        FileStatus.IsNotFound(error)
            ? new(ErrorCatalogue.NotFound, $"There is no database '{name}' in '{root}'.", "List them with: holdfast databases")
            : ReadErrorTranslator.Translate(shown, error);
}
