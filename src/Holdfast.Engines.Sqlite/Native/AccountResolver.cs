using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// Names of users and groups. They are asked for with each backup, and asking may go over a network: each answer holds
/// for a minute.
/// </summary>
internal sealed unsafe partial class AccountResolver(TimeProvider time)
{
    private const int BufferBytes = 64 << 10; // of all that is known of one account; the members of a large group are many
    private const int NumberOffset = 16; // of pw_uid and gr_gid on 64-bit systems; both records begin with the name
    private static readonly TimeSpan CacheLifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(bool IsGroup, uint Number), (string Name, long Asked)> _names = new();

    /// <summary>Name of a user; its number where there is none.</summary>
    public string GetUserName(uint number) => GetName(false, number);

    /// <summary>Name of a group; its number where there is none.</summary>
    public string GetGroupName(uint number) => GetName(true, number);

    /// <summary>Number of a user; null where there is none of that name. A number stands for itself.</summary>
    public static uint? FindUserId(string name) => FindId(name, isGroup: false);

    /// <summary>Number of a group; null where there is none of that name. A number stands for itself.</summary>
    public static uint? FindGroupId(string name) => FindId(name, isGroup: true);

    private string GetName(bool isGroup, uint number)
    {
        if (_names.TryGetValue((isGroup, number), out var known) && time.GetElapsedTime(known.Asked) < CacheLifetime)
        {
            return known.Name;
        }
        var name = Lookup(isGroup, number) ?? number.ToString(CultureInfo.InvariantCulture);
        _names[(isGroup, number)] = (name, time.GetTimestamp());
        return name;
    }

    private static string? Lookup(bool isGroup, uint number)
    {
        var buffer = new byte[BufferBytes];
        var record = stackalloc byte[128];
        void* found;
        fixed (byte* texts = buffer)
        {
            var code = isGroup
                ? getgrgid_r(number, record, texts, BufferBytes, &found)
                : getpwuid_r(number, record, texts, BufferBytes, &found);
            return code == 0 && found is not null ? Marshal.PtrToStringUTF8(*(nint*)record) : null;
        }
    }

    // The largest number stands for "leave it as it is" where owners are set.
    private static uint? FindId(string name, bool isGroup)
    {
        var buffer = new byte[BufferBytes];
        var record = stackalloc byte[128];
        void* found;
        fixed (
            byte* texts = buffer,
                text = SqliteConnection.Utf8(name)
        )
        {
            var code = isGroup
                ? getgrnam_r(text, record, texts, BufferBytes, &found)
                : getpwnam_r(text, record, texts, BufferBytes, &found);
            if (code == 0 && found is not null)
            {
                return *(uint*)(record + NumberOffset);
            }
        }

        return uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != uint.MaxValue
            ? number
            : null;
    }

    [LibraryImport("libc")]
    private static partial int getpwuid_r(uint number, byte* record, byte* texts, nuint length, void** found);

    [LibraryImport("libc")]
    private static partial int getgrgid_r(uint number, byte* record, byte* texts, nuint length, void** found);

    [LibraryImport("libc")]
    private static partial int getpwnam_r(byte* name, byte* record, byte* texts, nuint length, void** found);

    [LibraryImport("libc")]
    private static partial int getgrnam_r(byte* name, byte* record, byte* texts, nuint length, void** found);
}
