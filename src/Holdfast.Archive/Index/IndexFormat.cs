using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Archive.Index;

/// <summary>
/// The bytes of an index file, as <c>docs/format.md</c> gives them: a magic, then blocks of type, length, payload and
/// check, an end block last.
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

        /// <summary>Any number of: tag (16), length (4), offset in the tar stream (8).</summary>
        Parts = 3,

        /// <summary>Tag of the items' contents (16).</summary>
        End = 4,
    }

    /// <summary>Bytes of the type and length before a payload.</summary>
    public const int PrefixBytes = 5;

    /// <summary>Bytes of the check behind a payload.</summary>
    public const int CheckBytes = 16;

    /// <summary>Largest payload.</summary>
    public const int LargestPayload = 1 << 20;

    /// <summary>Bytes before the tags of a block of pages.</summary>
    public const int PagesPrefixBytes = 20;

    /// <summary>Bytes of one part in a block of parts.</summary>
    public const int PartBytes = 28;

    /// <summary>First bytes of the file.</summary>
    public static ReadOnlySpan<byte> Magic => "HFINDEX1"u8;

    /// <summary>The id of an item: the first 8 bytes of SHA-256 of its name.</summary>
    public static long ItemId(string name) => BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>SHA-256 of the block's number, type and payload, cut to 16 bytes: a damaged or moved block is not believed.</summary>
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
