using System.IO.Enumeration;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Finds the regular files under a directory, opening none of them. Symbolic links are not followed, so nothing outside is reached.</summary>
internal static class FolderWalk
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false, RecurseSubdirectories = false, ReturnSpecialDirectories = false };

    /// <summary>The directory with all links in the way to it resolved.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceUnreadable"/> where it is not there.</exception>
    public static string Root(string directory)
    {
        if (Posix.RealPath(directory) is { } root && FileStatus.Of(root) is { IsFolder: true }) return root;
        throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{directory}' is not a directory that can be read.", "Check the path, that it is mounted, and that this user may read it.");
    }

    /// <summary>All regular files under <paramref name="root"/>, in no order.</summary>
    public static IEnumerable<FoundFile> Files(string root, CancellationToken cancellationToken)
    {
        var folders = new Stack<string>([""]);
        while (folders.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = folder.Length == 0 ? root : $"{root}/{folder}";
            if (Entries(path, folder.Length == 0) is not { } entries)
            {
                if (FileStatus.Of(path) is not null && !folder.EndsWith("lost+found", StringComparison.Ordinal)) yield return new(folder, path, default, Unreadable(path));
                continue;
            }

            foreach (var entry in entries)
            {
                var name = folder.Length == 0 ? entry : $"{folder}/{entry}";
                var full = $"{root}/{name}";
                if (!FileStatus.TryGet(full, out var status))
                {
                    // Gone meanwhile, or a name that is not UTF-8, which .NET cannot spell.
                    if (entry.Contains('\uFFFD', StringComparison.Ordinal)) yield return new(name, full, default, BadName(name));
                }
                else if (status.IsFolder) folders.Push(name);
                else if (status.IsRegular) yield return new(name, full, status);
            }
        }
    }

    private static List<string>? Entries(string path, bool isRoot)
    {
        try
        {
            return [.. new FileSystemEnumerable<string>(path, (ref entry) => entry.FileName.ToString(), Everything)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return isRoot ? throw Unreadable(path, e) : null;
        }
    }

    private static HoldfastException Unreadable(string path, Exception? cause = null) => new(
        ErrorCatalogue.SourceUnreadable, $"The directory '{path}' cannot be read{(cause is null ? "" : $": {cause.Message}")}.", "Let this user read it, or exclude it.", cause);

    private static HoldfastException BadName(string name) => new(
        ErrorCatalogue.SourceUnreadable, $"The name '{name}' is not valid UTF-8, so the file cannot be opened.", "Rename it, or exclude it.");
}
