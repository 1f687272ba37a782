using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>
/// Tells of databases that are not found any more which are not known to be gone: emptied, overwritten, hidden by
/// another, turned into a link, or not to be
/// reached. Gone is only what the file system says is not there, in a folder that can be read.
/// </summary>
internal sealed class AbsenceExplainer
{
    private readonly string _root;
    private readonly Dictionary<string, FolderState> _folders = new(StringComparer.Ordinal); // each is read once

    private AbsenceExplainer(string root) => _root = root;

    /// <summary>The problem of each of these that is not known to be gone.</summary>
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

    // What is wrong with a folder is wrong with all that lies beneath it.
    private FolderState GetFolderState(string name)
    {
        if (_folders.TryGetValue(name, out var known))
        {
            return known;
        }
        var above = name.Length == 0 ? default : GetFolderState(Parent(name));
        return _folders[name] =
            above.IsGone || above.Problem is not null ? above : InspectFolder(name.Length == 0 ? _root : $"{_root}/{name}");
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
        return FolderWalker.GetAccessProblem(path) is not { } closed ? default
            : FileStatus.IsNotFound(FileStatus.Read(path, out _)) ? new(true, null)
            : new(false, closed);
    }

    private HoldfastException? FindProblem(string name, in FileStatus status)
    {
        var path = $"{_root}/{name}";
        if (status.Size == 0)
        {
            return new(
                ErrorCatalogue.SourceUnreadable,
                $"'{path}' has 0 bytes, and was a database: it was emptied.",
                "Restore it; or delete it, if it is not needed any more."
            );
        }
        // One that is whole came back this moment, unless it is taken for the log of another: the next look tells.
        if (BeginsAsDatabase(name))
        {
            return new(
                ErrorCatalogue.SourceUnreadable,
                $"'{path}' is there, and was not found when its folder was listed.",
                "If that stands for longer than until the next look, it is named like the log of another: rename it."
            );
        }
        return new(
            ErrorCatalogue.SourceUnreadable,
            $"'{path}' was a database, and does not begin as one any more, or is named like the log of another.",
            "If it was overwritten, restore it. If it is an encrypted database, name it in 'encrypted' of its source. If it "
                + "is not needed any more, delete it."
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
            return false; // it has just become something else
        }
    }

    /// <summary>What to say of a link in the place of a database, or on the way to it.</summary>
    public static HoldfastException SymbolicLink(string what) =>
        new(
            ErrorCatalogue.SourceUnreadable,
            $"{what}; links in a source are not followed.",
            "Put the database itself there, or mount (mount --bind) what the link leads to; or make the folder that it lies "
                + "in a source of its own, and exclude this name."
        );

    private static string Parent(string name) => name.LastIndexOf('/') is > 0 and var slash ? name[..slash] : "";

    private readonly record struct FolderState(bool IsGone, HoldfastException? Problem);
}
