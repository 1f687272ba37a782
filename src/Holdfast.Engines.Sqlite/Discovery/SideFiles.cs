using System.Buffers;
using System.Buffers.Binary;
using Holdfast.Core.Layout;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Recognises files that lie beside databases but are not databases.</summary>
internal static class SideFiles
{
    /// <summary>Name prefix of a restore's working files and folders.</summary>
    public const string RestorePrefix = "_holdfast_restore_";

    /// <summary>Name prefix of a spool file.</summary>
    public const string SpoolPrefix = "holdfast-spool-";

    /// <summary>Name of the identity file in the root directory.</summary>
    public const string IdentityFile = ".holdfast-source";

    private const int RandomDigits = 32;
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");
    private static readonly string[] Endings = ["-wal", "-shm", "-journal"];

    /// <summary>
    /// Whether the file is one of Holdfast's own: it has a name that Holdfast gives, with 32 random digits that other
    /// names would not have.
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

    /// <summary>Whether a folder is the working folder of a restore.</summary>
    public static bool IsWorkFolder(string name) => name.Length == RestorePrefix.Length + RandomDigits && HasDigits(name, RestorePrefix);

    /// <summary>
    /// Whether the name begins like one of Holdfast's own, possibly written by an older version. Such a file is
    /// Holdfast's unless it begins as a database.
    /// </summary>
    public static bool HasHoldfastPrefix(string fileName) =>
        fileName.StartsWith(RestorePrefix, StringComparison.Ordinal) || fileName.StartsWith(SpoolPrefix, StringComparison.Ordinal);

    /// <summary>
    /// Whether the name is that of a partial archive. Such a file is Holdfast's unless it begins as a database.
    /// </summary>
    public static bool IsPartial(string fileName) => fileName.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal);

    /// <summary>
    /// Returns the main file that a side file of this name would belong to, or null if the name has no side file
    /// suffix.
    /// </summary>
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
    /// Whether an SQLite write-ahead log exists beside <paramref name="path"/>. The log carries no locks, so opening it
    /// is safe.
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
