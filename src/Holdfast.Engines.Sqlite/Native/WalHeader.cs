using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>What a header of the wal-index, which is also SQLite's snapshot object, says.</summary>
/// <param name="PageSize">Bytes in a page; 0 where no frame was ever written.</param>
/// <param name="FrameCount">Number of the last committed frame.</param>
/// <param name="PageCount">Pages of the database.</param>
/// <param name="FrameChecksum">Running checksum up to that frame, so two logs with the same salts and length can be told apart.</param>
/// <param name="Salts">Both salts, as they lie in the log.</param>
/// <param name="IsInitialised">Whether the index is in use.</param>
internal readonly record struct WalHeader(
    int PageSize,
    uint FrameCount,
    uint PageCount,
    ulong FrameChecksum,
    ulong Salts,
    bool IsInitialised
)
{
    /// <summary>Reads the 48 bytes; they are in the machine's byte order but for the salts, which are only compared.</summary>
    public static WalHeader Parse(ReadOnlySpan<byte> bytes)
    {
        var pageSize = MemoryMarshal.Read<ushort>(bytes[14..]);
        return new(
            pageSize == 1 ? 65536 : pageSize,
            MemoryMarshal.Read<uint>(bytes[16..]),
            MemoryMarshal.Read<uint>(bytes[20..]),
            ((ulong)MemoryMarshal.Read<uint>(bytes[24..]) << 32) | MemoryMarshal.Read<uint>(bytes[28..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            bytes[12] != 0
        );
    }
}
