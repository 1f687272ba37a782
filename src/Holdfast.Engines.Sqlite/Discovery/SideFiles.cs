using System.Buffers;
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

    private const int RandomDigits = 32;
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");
    private static readonly string[] Endings = ["-wal", "-shm", "-journal"];

    /// <summary>
    /// Whether the file is Holdfast's own: named as it names its files, with 32 random digits where others would not
    /// have them.
    /// </summary>
    public static bool IsHoldfastFile(string fileName) =>
        HasDigits(fileName, RestorePrefix)
        || HasDigits(fileName, SpoolPrefix)
        || fileName.StartsWith(IdentityFile, StringComparison.Ordinal)
        || ArchiveName.TryParse(fileName) is not null
        || (
            fileName.EndsWith(ArchiveName.IndexSuffix, StringComparison.Ordinal)
            && ArchiveName.TryParse(fileName[..^ArchiveName.IndexSuffix.Length] + ".tar.zst") is not null
        );

    /// <summary>Whether a folder is one that a restore works in.</summary>
    public static bool IsWorkFolder(string name) => name.Length == RestorePrefix.Length + RandomDigits && HasDigits(name, RestorePrefix);

    /// <summary>
    /// Whether the file has a name that begins as one of Holdfast's own, and may be one of an older version: ours,
    /// unless it begins as a database.
    /// </summary>
    public static bool HasHoldfastPrefix(string fileName) =>
        fileName.StartsWith(RestorePrefix, StringComparison.Ordinal) || fileName.StartsWith(SpoolPrefix, StringComparison.Ordinal);

    /// <summary>Whether the file is the beginning of an archive by its name: ours, unless it begins as a database.</summary>
    public static bool IsPartial(string fileName) => fileName.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal);

    /// <summary>The file that this one would belong to by its ending; null where it has no such ending.</summary>
    public static string? GetMainFile(string path)
    {
        foreach (var ending in Endings)
        {
            if (path.EndsWith(ending, StringComparison.Ordinal))
            {
                return path[..^ending.Length];
            }
        }

        return null;
    }

    private static bool HasDigits(string fileName, string prefix)
    {
        if (!fileName.StartsWith(prefix, StringComparison.Ordinal) || fileName.Length < prefix.Length + RandomDigits)
        {
            return false;
        }
        var rest = fileName.AsSpan(prefix.Length);
        return !rest[..RandomDigits].ContainsAnyExcept(Digits) && (rest.Length == RandomDigits || rest[RandomDigits] is '-' or '.');
    }

    /// <summary>
    /// Whether an SQLite write-ahead log lies beside <paramref name="path"/>. It carries no locks, so it may be opened
    /// freely.
    /// </summary>
    public static bool HasWal(string path)
    {
        if (Native.FileStatus.Get(path + "-wal") is not { IsRegular: true, Size: >= 32 })
        {
            return false;
        }
        try
        {
            using var file = Native.Posix.OpenRegular(path + "-wal");
            Span<byte> magic = stackalloc byte[4];
            return RandomAccess.Read(file, magic, 0) == 4 && BinaryPrimitives.ReadUInt32BigEndian(magic) is 0x377f0682 or 0x377f0683;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
