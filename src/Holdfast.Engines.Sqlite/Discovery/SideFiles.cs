using System.Buffers.Binary;
using Holdfast.Core.Layout;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Files that lie beside databases and are none.</summary>
internal static class SideFiles
{
    /// <summary>Beginning of what a restore works on.</summary>
    public const string RestorePrefix = "_holdfast_restore_";

    /// <summary>Beginning of a spool file.</summary>
    public const string SpoolPrefix = "holdfast-spool-";

    /// <summary>Name of the id file in a directory's root.</summary>
    public const string IdentityFile = ".holdfast-source";

    private static readonly string[] Endings = ["-wal", "-shm", "-journal"];

    /// <summary>Whether the file is Holdfast's own.</summary>
    public static bool IsOurs(string fileName) =>
        fileName.StartsWith(RestorePrefix, StringComparison.Ordinal) || fileName.StartsWith(SpoolPrefix, StringComparison.Ordinal) || fileName == IdentityFile ||
        fileName.EndsWith(ArchiveName.PartialEnding, StringComparison.Ordinal) || ArchiveName.TryParse(fileName) is not null ||
        (fileName.EndsWith(ArchiveName.IndexEnding, StringComparison.Ordinal) && ArchiveName.TryParse(fileName[..^ArchiveName.IndexEnding.Length] + ".tar.zst") is not null);

    /// <summary>The file that this one would belong to by its ending; null where it has no such ending.</summary>
    public static string? BaseOf(string path)
    {
        foreach (var ending in Endings)
        {
            if (path.EndsWith(ending, StringComparison.Ordinal)) return path[..^ending.Length];
        }

        return null;
    }

    /// <summary>Whether an SQLite write-ahead log lies beside <paramref name="path"/>. It carries no locks, so it may be opened freely.</summary>
    public static bool HasWal(string path)
    {
        if (Native.FileStatus.Of(path + "-wal") is not { IsRegular: true, Size: >= 32 }) return false;
        try
        {
            using var file = File.OpenHandle(path + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> magic = stackalloc byte[4];
            return RandomAccess.Read(file, magic, 0) == 4 && BinaryPrimitives.ReadUInt32BigEndian(magic) is 0x377f0682 or 0x377f0683;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
