using System.Text;
using System.Text.Unicode;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>
/// Handles files and folders whose name is not valid UTF-8 and so cannot be opened by name. Those that may be databases
/// are listed under a placeholder name, with a problem.
/// </summary>
internal static class NonUtf8Names
{
    private const int HeaderBytes = 16;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>Enumerates those in one folder.</summary>
    /// <param name="path">The folder, as shown to users.</param>
    /// <param name="openPath">Path to open it by.</param>
    /// <param name="name">Its path relative to the directory; empty for the directory itself.</param>
    public static IEnumerable<DiscoveredFile> Enumerate(string path, string openPath, string name)
    {
        foreach (var raw in Posix.ListNames(openPath).Where(n => !Utf8.IsValid(n)))
        {
            byte[] openName = [.. Encoding.UTF8.GetBytes($"{openPath}/"), .. raw, 0];
            if (!FileStatus.TryGet(openName, out var status) || !(status.IsFolder || MayBeDatabase(openName, status)))
            {
                continue;
            }
            var placeholder = PlaceholderName.Create(raw);
            var listed = name.Length == 0 ? placeholder : $"{name}/{placeholder}";
            yield return new(listed, $"{path}/{placeholder}", "", default, Problem(listed, status.IsFolder));
        }
    }

    private static bool MayBeDatabase(byte[] path, in FileStatus status)
    {
        if (!status.IsRegular || status.Size < FileHeader.SmallestDatabase)
        {
            return false;
        }
        Span<byte> header = stackalloc byte[HeaderBytes];
        return !Posix.TryReadBeginning(path, header) || header.SequenceEqual(Magic);
    }

    private static HoldfastException Problem(string name, bool isFolder) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"The name of a {(isFolder ? "folder" : "file")} listed as '{name}' is not valid UTF-8, so "
                + $"{(isFolder ? "its contents" : "it")} cannot be opened.",
            "Rename it, or exclude it by the listed name."
        );
}
