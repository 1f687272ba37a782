using System.Text;
using System.Text.Unicode;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>
/// Files and folders whose name is not valid UTF-8, which nothing here can open by a name: those that may be databases
/// are listed under a stand-in
/// for their name, with the problem.
/// </summary>
internal static class NonUtf8Names
{
    private const int HeaderBytes = 16;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>Those of one folder.</summary>
    /// <param name="path">The folder, as people know it.</param>
    /// <param name="place">Path to open it by.</param>
    /// <param name="name">Its path relative to the directory; empty for the directory itself.</param>
    public static IEnumerable<DiscoveredFile> Enumerate(string path, string place, string name)
    {
        foreach (var raw in Posix.ListNames(place).Where(n => !Utf8.IsValid(n)))
        {
            byte[] full = [.. Encoding.UTF8.GetBytes($"{place}/"), .. raw, 0];
            if (!FileStatus.TryGet(full, out var status) || !(status.IsFolder || MayBeDatabase(full, status)))
            {
                continue;
            }
            var standIn = PlaceholderName.Create(raw);
            var listed = name.Length == 0 ? standIn : $"{name}/{standIn}";
            yield return new(listed, $"{path}/{standIn}", "", default, Problem(listed, status.IsFolder));
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
            ErrorCatalogue.SourceUnreadable,
            $"The name of a {(isFolder ? "folder" : "file")} that is listed as '{name}' is not valid UTF-8, so "
                + $"{(isFolder ? "what lies in it" : "it")} cannot be opened.",
            "Rename it, or exclude it by the name that it is listed with."
        );
}
