using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Archive.Index;

/// <summary>
/// The format of an index file, specified in <c>docs/format.md</c>: a magic, then blocks of type, length, payload and check, the last one
/// an end block.
/// </summary>
internal static class IndexFormat
{
    /// <summary>Types of blocks.</summary>
    public enum Block : byte
    {
        /// <summary><see cref="IndexHeader"/> as JSON.</summary>
        Header = 1,

        /// <summary>Id of the item (8 bytes), page size (4), first page (8), and a tag per page.</summary>
        Pages = 2,

        /// <summary>Entries of tag (16), length (4) and offset in the tar stream (8).</summary>
        Parts = 3,

        /// <summary>Tag of the contents of all items (16).</summary>
        End = 4,
    }

    /// <summary>Size of type and length before a payload, in bytes.</summary>
    public const int PrefixBytes = 5;

    /// <summary>Size of the check after a payload, in bytes.</summary>
    public const int CheckBytes = 16;

    /// <summary>Maximum size of a payload, in bytes.</summary>
    public const int LargestPayload = 1 << 20;

    /// <summary>Size of the fields before the tags in a block of pages, in bytes.</summary>
    public const int PagesPrefixBytes = 20;

    /// <summary>Size of one entry in a block of parts, in bytes.</summary>
    public const int PartBytes = 28;

    /// <summary>First bytes of the file.</summary>
    public static ReadOnlySpan<byte> Magic => "HFINDEX1"u8;

    /// <summary>Returns the id of an item: the first 8 bytes of the SHA-256 of its name.</summary>
    public static long ItemId(string name) => BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>
    /// Computes the check: SHA-256 of the block's number, type and payload, truncated to 16 bytes, to detect a damaged or moved block.
    /// </summary>
    public static void ComputeCheck(long number, Block type, ReadOnlySpan<byte> payload, Span<byte> check)
    {
        Span<byte> prefix = stackalloc byte[9];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, number);
        prefix[8] = (byte)type;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(prefix);
        hash.AppendData(payload);
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        whole[..CheckBytes].CopyTo(check);
    }
}
