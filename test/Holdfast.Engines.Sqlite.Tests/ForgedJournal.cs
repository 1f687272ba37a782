using System.Buffers.Binary;
using System.Text;

namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>
/// A rollback journal without pages, so that only the file name at its end matters:
/// https://sqlite.org/fileformat2.html#the_rollback_journal
/// </summary>
internal static class ForgedJournal
{
    private const int Sector = 4096; // SQLite reads no shorter one
    private const int PageSize = 4096;
    private const ulong Magic = 0xd9d505f920a163d7;

    /// <summary>Creates the journal.</summary>
    /// <param name="named">Path of the file that it names as the super-journal of a transaction over several databases.</param>
    /// <param name="length">Size in bytes of the database that it appears to belong to.</param>
    public static byte[] Naming(string named, long length)
    {
        var name = Encoding.UTF8.GetBytes(named);
        var journal = new byte[Sector + 4 + name.Length + 16];
        BinaryPrimitives.WriteUInt64BigEndian(journal, Magic);
        BinaryPrimitives.WriteInt32BigEndian(journal.AsSpan(16), (int)(length / PageSize));
        BinaryPrimitives.WriteInt32BigEndian(journal.AsSpan(20), Sector);
        BinaryPrimitives.WriteInt32BigEndian(journal.AsSpan(24), PageSize);
        var end = journal.AsSpan(Sector);
        BinaryPrimitives.WriteInt32BigEndian(end, (0x40000000 / PageSize) + 1); // the lock-byte page
        name.CopyTo(end[4..]);
        end = end[(4 + name.Length)..];
        BinaryPrimitives.WriteInt32BigEndian(end, name.Length);
        BinaryPrimitives.WriteInt32BigEndian(end[4..], name.Sum(b => (sbyte)b));
        BinaryPrimitives.WriteUInt64BigEndian(end[8..], Magic);
        return journal;
    }
}
