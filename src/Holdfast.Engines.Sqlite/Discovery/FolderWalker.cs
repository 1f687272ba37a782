using System.IO.Enumeration;
using System.Text;
using System.Text.Unicode;
using Holdfast.Archive;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>
/// Finds the regular files under a directory, opening none of them. Symbolic links are not followed, also where
/// somebody puts them in the place of folders
/// meanwhile, so nothing outside is reached.
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

    /// <summary>The directory with all links in the way to it resolved.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.SourceUnreadable"/> where it is not there.</exception>
    public static string ResolveRoot(string directory)
    {
        if (Posix.RealPath(directory) is { } root && FileStatus.Get(root) is { IsFolder: true })
        {
            return root;
        }
        throw new HoldfastException(
            ErrorCatalogue.SourceUnreadable,
            $"'{directory}' is not a directory that can be read.",
            "Check the path, that it is mounted, and that this user may read it."
        );
    }

    /// <summary>
    /// All regular files under <paramref name="root"/>, in no order, and the folders that restores work in, not what
    /// lies in those.
    /// </summary>
    /// <param name="root">The directory.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="other">Told of what is neither a regular file nor a folder; null where nobody wants to know.</param>
    public static IEnumerable<DiscoveredFile> EnumerateFiles(
        string root,
        CancellationToken cancellationToken,
        Action<string, FileStatus>? other = null
    )
    {
        var folders = new Stack<string>([""]);
        using var limit = OpenRoot(root);
        while (folders.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = folder.Length == 0 ? root : $"{root}/{folder}";
            using var handle = OpenFolder(limit, folder, path, out var failure);
            var place = handle is null ? "" : ConfinedFileAccess.PathIn(handle, "").TrimEnd('/');
            if (handle is null || ListEntries(place, path, out failure) is not { } entries)
            {
                if (failure is not null && Inaccessible(folder, path, failure) is { } closed)
                {
                    yield return closed;
                }
                continue;
            }

            // Names are bytes, and .NET shows all that are not UTF-8 alike: as what one that holds U+FFFD is.
            var isOdd = entries.Exists(entry => entry.Contains('\uFFFD', StringComparison.Ordinal));
            if (isOdd)
            {
                entries =
                [
                    .. Posix
                        .ListNames(place)
                        .Where(n => Utf8.IsValid(n) && !n.AsSpan().SequenceEqual("."u8) && !n.AsSpan().SequenceEqual(".."u8))
                        .Select(Encoding.UTF8.GetString),
                ];
            }
            foreach (var entry in entries)
            {
                var name = folder.Length == 0 ? entry : $"{folder}/{entry}";
                var (full, at) = ($"{root}/{name}", $"{place}/{entry}");
                if (FileStatus.Read(at, out var status) is not 0 and var error)
                {
                    if (FileStatus.IsNotFound(error))
                    {
                        continue; // meanwhile
                    }
                    if (FileStatus.Read($"{place}/.", out _) is not 0 and var closedBy)
                    {
                        // Its names can be listed, and nothing in it can be reached.
                        if (Inaccessible(folder, path, ReadErrorTranslator.Translate(path, closedBy)) is { } closed)
                        {
                            yield return closed;
                        }
                        break;
                    }

                    if (SideFiles.GetMainFile(name) is null)
                    {
                        yield return new(name, full, "", default, ReadErrorTranslator.Translate(full, error));
                    }
                }
                else if (status.IsFolder && !SideFiles.IsWorkFolder(entry))
                {
                    folders.Push(name);
                }
                else if (status.IsRegular || status.IsFolder)
                {
                    yield return new(name, full, at, status);
                }
                else
                {
                    other?.Invoke(name, status);
                }
            }

            if (!isOdd)
            {
                continue;
            }
            foreach (var odd in NonUtf8Names.Enumerate(path, place, folder))
            {
                yield return odd;
            }
        }
    }

    /// <summary>Why the entries of a folder cannot be listed; null where they can.</summary>
    public static HoldfastException? GetAccessProblem(string path)
    {
        ListEntries(path, path, out var failure);
        return failure;
    }

    // One that is gone by now is no trouble; to be closed is what lost+found is for.
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

    // Null without a failure where it is no folder any more: a link, perhaps, which the next look tells.
    private static SafeFileHandle? OpenFolder(SafeFileHandle limit, string folder, string path, out HoldfastException? failure)
    {
        failure = null;
        try
        {
            return ConfinedFileAccess.OpenFolder(limit, folder);
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

    private static List<string>? ListEntries(string place, string path, out HoldfastException? failure)
    {
        try
        {
            failure = null;
            return [.. new FileSystemEnumerable<string>(place, (ref entry) => entry.FileName.ToString(), Everything)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = ReadErrorTranslator.TranslateFolder(path, e);
            return null;
        }
    }
}
