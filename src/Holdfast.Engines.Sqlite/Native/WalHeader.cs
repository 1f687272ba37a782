using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>A header of the wal-index, which has the same layout as SQLite's snapshot object.</summary>
/// <param name="PageSize">Page size in bytes; 0 if no frame was ever written.</param>
/// <param name="FrameCount">Number of the last committed frame.</param>
/// <param name="PageCount">Size of the database in pages.</param>
/// <param name="FrameChecksum">
/// Running checksum up to that frame, which distinguishes two logs with the same salts and length.
/// </param>
/// <param name="Salts">Both salts, as stored in the log.</param>
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
    /// <summary>
    /// Parses the 48 bytes. They are in the machine's byte order, except for the salts, which are only compared.
    /// </summary>
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
