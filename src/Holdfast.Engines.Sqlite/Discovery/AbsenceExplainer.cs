using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>
/// Explains why databases are missing from a listing that are not known to be deleted: emptied, overwritten, taken for
/// a side file, replaced by a link, or unreachable. A database counts as deleted only if the file system says that it
/// does not exist and its folder can be read.
/// </summary>
internal sealed class AbsenceExplainer
{
    private readonly string _root;
    private readonly Dictionary<string, FolderState> _folders = new(StringComparer.Ordinal); // each folder is inspected once

    private AbsenceExplainer(string root) => _root = root;

    /// <summary>Returns the problem of each named database that is not known to be deleted.</summary>
    public static Dictionary<string, HoldfastException> Explain(
        string root,
        DatabaseFinder finder,
        IEnumerable<string> names,
        CancellationToken cancellationToken
    )
    {
        var (absence, explained) = (new AbsenceExplainer(root), new Dictionary<string, HoldfastException>(StringComparer.Ordinal));
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (finder.IsIncluded(name) && DatabasePath.IsInside(name) && absence.FindProblem(name) is { } problem)
            {
                explained[name] = problem;
            }
        }

        return explained;
    }

    private HoldfastException? FindProblem(string name)
    {
        var path = $"{_root}/{name}";
        var folder = GetFolderState(Parent(name));
        if (folder.Problem is not null || folder.IsGone)
        {
            return folder.Problem;
        }
        var error = FileStatus.Read(path, out var status);
        if (error != 0)
        {
            return FileStatus.IsNotFound(error) ? null : ReadErrorTranslator.Translate(path, error);
        }
        if (status.IsLink)
        {
            return SymbolicLink($"'{path}' is a link now");
        }
        return status.IsRegular ? FindProblem(name, status) : null;
    }

    // A problem of a folder applies to everything beneath it.
    private FolderState GetFolderState(string name)
    {
        if (_folders.TryGetValue(name, out var known))
        {
            return known;
        }
        var parent = name.Length == 0 ? default : GetFolderState(Parent(name));
        return _folders[name] =
            parent.IsGone || parent.Problem is not null ? parent : InspectFolder(name.Length == 0 ? _root : $"{_root}/{name}");
    }

    private static FolderState InspectFolder(string path)
    {
        var error = FileStatus.Read(path, out var status);
        if (error != 0)
        {
            return FileStatus.IsNotFound(error) ? new(true, null) : new(false, ReadErrorTranslator.Translate(path, error));
        }
        if (status.IsLink)
        {
            return new(false, SymbolicLink($"The folder '{path}' is a link now"));
        }
        if (!status.IsFolder)
        {
            return new(true, null);
        }
        return FolderWalker.GetAccessProblem(path) is not { } accessProblem ? default
            : FileStatus.IsNotFound(FileStatus.Read(path, out _)) ? new(true, null)
            : new(false, accessProblem);
    }

    private HoldfastException? FindProblem(string name, in FileStatus status)
    {
        var path = $"{_root}/{name}";
        if (status.Size == 0)
        {
            return new(
                ErrorCatalog.SourceUnreadable,
                $"'{path}' was a database and now has 0 bytes: it was emptied.",
                "Restore it, or delete it if it is no longer needed."
            );
        }
        // A valid database has just been put back, unless it is taken for the log of another; the next discovery shows
        // which.
        if (BeginsAsDatabase(name))
        {
            return new(
                ErrorCatalog.SourceUnreadable,
                $"'{path}' exists, but was not found when its folder was listed.",
                "If this does not go away with the next discovery, the file is named like the log of another: rename it."
            );
        }
        return new(
            ErrorCatalog.SourceUnreadable,
            $"'{path}' was a database and no longer begins as one, or it is named like the log of another.",
            "If it was overwritten, restore it. If it is an encrypted database, add it to 'encrypted' of its source. If it "
                + "is no longer needed, delete it."
        );
    }

    private bool BeginsAsDatabase(string name)
    {
        try
        {
            using var file = DatabaseFile.Find(_root, name);
            return FileHeader.TryRead(file.Path, out var header) == SqliteConstants.Ok && header.IsUnencrypted;
        }
        catch (HoldfastException)
        {
            return false; // it has just been replaced
        }
    }

    /// <summary>Creates the error for a link that replaces a database or a folder on the path to it.</summary>
    public static HoldfastException SymbolicLink(string what) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"{what}; links inside a source are not followed.",
            "Put the database itself there, or mount the target of the link (mount --bind); or make the folder that contains "
                + "the database a source of its own, and exclude this name."
        );

    private static string Parent(string name) => name.LastIndexOf('/') is > 0 and var slash ? name[..slash] : "";

    private readonly record struct FolderState(bool IsGone, HoldfastException? Problem);
}
