using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>Converts text of a UTF-16 database to UTF-8. SQLite's own conversion would lose unpaired surrogates.</summary>
internal sealed class Utf16Converter(bool bigEndian)
{
    private char[] _units = [];
    private byte[] _utf8 = GC.AllocateUninitializedArray<byte>(4096, pinned: true);

    /// <summary>
    /// Converts <paramref name="stored"/>; returns false if SQLite would not read it back because it contains an
    /// unpaired surrogate, U+FFFE or U+FFFF. The result is valid until the next call, at a fixed address.
    /// </summary>
    public bool TryConvert(ReadOnlySpan<byte> stored, out ReadOnlySpan<byte> utf8)
    {
        var units = MemoryMarshal.Cast<byte, char>(stored);
        if (bigEndian)
        {
            if (_units.Length < units.Length)
            {
                _units = new char[units.Length * 2];
            }
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<char, ushort>(units), MemoryMarshal.Cast<char, ushort>(_units.AsSpan()));
            units = _units.AsSpan(0, units.Length);
        }

        utf8 = default;
        if (units.IndexOfAny('\uFFFE', '\uFFFF') >= 0)
        {
            return false;
        }
        var room = checked(units.Length * 3);
        if (_utf8.Length < room)
        {
            _utf8 = GC.AllocateUninitializedArray<byte>(room, pinned: true);
        }
        var status = Utf8.FromUtf16(units, _utf8, out _, out var written, replaceInvalidSequences: false);
        utf8 = _utf8.AsSpan(0, written);
        return status == OperationStatus.Done;
    }
}
