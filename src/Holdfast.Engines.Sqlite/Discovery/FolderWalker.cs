using System.IO.Enumeration;
using System.Text;
using System.Text.Unicode;
using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>
/// Finds the regular files under a directory without opening any. Symbolic links are never followed, not even if a
/// folder is replaced by one during the walk, so nothing outside of the directory is reached.
/// </summary>
internal static class FolderWalker
{
    private const int NoFolder = 20,
        TooManyLinks = 40;
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>Resolves all links on the path to the directory.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.SourceUnreadable"/> if the directory does not exist or cannot be read.
    /// </exception>
    public static string ResolveRoot(string directory)
    {
        if (Posix.RealPath(directory) is { } root && FileStatus.Get(root) is { IsFolder: true })
        {
            return root;
        }
        throw new HoldfastException(
            ErrorCatalog.SourceUnreadable,
            $"'{directory}' is not a directory that can be read.",
            "Check the path, that it is mounted, and that this user may read it."
        );
    }

    /// <summary>
    /// Enumerates all regular files under <paramref name="root"/>, in no particular order, and the working folders of
    /// restores, but not their contents.
    /// </summary>
    /// <param name="root">The directory.</param>
    /// <param name="cancellationToken">Cancels the walk.</param>
    /// <param name="onOther">Called for each entry that is neither a regular file nor a folder; may be null.</param>
    public static IEnumerable<DiscoveredFile> EnumerateFiles(
        string root,
        CancellationToken cancellationToken,
        Action<string, FileStatus>? onOther = null
    )
    {
        var folders = new Stack<string>([""]);
        using var rootHandle = OpenRoot(root);
        while (folders.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = folder.Length == 0 ? root : $"{root}/{folder}";
            using var handle = OpenFolder(rootHandle, folder, path, out var failure);
            var openPath = handle is null ? "" : ConfinedFileAccess.PathIn(handle, "").TrimEnd('/');
            if (handle is null || ListEntries(openPath, path, out failure) is not { } entries)
            {
                if (failure is not null && Inaccessible(folder, path, failure) is { } problem)
                {
                    yield return problem;
                }
                continue;
            }

            // File names are bytes. .NET decodes all names that are not valid UTF-8 to names that contain U+FFFD, which
            // are ambiguous.
            var hasNonUtf8 = entries.Exists(entry => entry.Contains('\uFFFD', StringComparison.Ordinal));
            if (hasNonUtf8)
            {
                entries =
                [
                    .. Posix
                        .ListNames(openPath)
                        .Where(n => Utf8.IsValid(n) && !n.AsSpan().SequenceEqual("."u8) && !n.AsSpan().SequenceEqual(".."u8))
                        .Select(Encoding.UTF8.GetString),
                ];
            }
            foreach (var entry in entries)
            {
                var name = folder.Length == 0 ? entry : $"{folder}/{entry}";
                var (displayPath, openPathOfEntry) = ($"{root}/{name}", $"{openPath}/{entry}");
                if (FileStatus.Read(openPathOfEntry, out var status) is not 0 and var error)
                {
                    if (FileStatus.IsNotFound(error))
                    {
                        continue; // deleted meanwhile
                    }
                    if (FileStatus.Read($"{openPath}/.", out _) is not 0 and var accessError)
                    {
                        // The folder can be listed, but none of its entries can be reached.
                        if (Inaccessible(folder, path, ReadErrorTranslator.Translate(path, accessError)) is { } problem)
                        {
                            yield return problem;
                        }
                        break;
                    }

                    if (SideFiles.GetMainFile(name) is null)
                    {
                        yield return new(name, displayPath, "", default, ReadErrorTranslator.Translate(displayPath, error));
                    }
                }
                else if (status.IsFolder && !SideFiles.IsWorkFolder(entry))
                {
                    folders.Push(name);
                }
                else if (status.IsRegular || status.IsFolder)
                {
                    yield return new(name, displayPath, openPathOfEntry, status);
                }
                else
                {
                    onOther?.Invoke(name, status);
                }
            }

            if (!hasNonUtf8)
            {
                continue;
            }
            foreach (var nonUtf8 in NonUtf8Names.Enumerate(path, openPath, folder))
            {
                yield return nonUtf8;
            }
        }
    }

    /// <summary>Returns why the entries of a folder cannot be listed, or null if they can.</summary>
    public static HoldfastException? GetAccessProblem(string path)
    {
        ListEntries(path, path, out var failure);
        return failure;
    }

    // A folder that was deleted meanwhile is not a problem, and lost+found is not readable by design.
    private static DiscoveredFile? Inaccessible(string folder, string path, HoldfastException failure)
    {
        if (folder.Length == 0)
        {
            throw failure;
        }
        return FileStatus.IsNotFound(FileStatus.Read(path, out _)) || folder.EndsWith("lost+found", StringComparison.Ordinal)
            ? null
            : new(folder, path, "", default, failure);
    }

    private static SafeFileHandle OpenRoot(string root)
    {
        try
        {
            return ConfinedFileAccess.OpenRoot(root);
        }
        catch (IOException e)
        {
            throw ReadErrorTranslator.TranslateFolder(root, e);
        }
    }

    // Null without a failure if it is no longer a folder but, for example, a link, which the next discovery reports.
    private static SafeFileHandle? OpenFolder(SafeFileHandle rootHandle, string folder, string path, out HoldfastException? failure)
    {
        failure = null;
        try
        {
            return ConfinedFileAccess.OpenFolder(rootHandle, folder);
        }
        catch (IOException e)
        {
            if (e.HResult is not (TooManyLinks or NoFolder))
            {
                failure = ReadErrorTranslator.TranslateFolder(path, e);
            }
            return null;
        }
    }

    private static List<string>? ListEntries(string openPath, string path, out HoldfastException? failure)
    {
        try
        {
            failure = null;
            return [.. new FileSystemEnumerable<string>(openPath, (ref entry) => entry.FileName.ToString(), Everything)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = ReadErrorTranslator.TranslateFolder(path, e);
            return null;
        }
    }
}
