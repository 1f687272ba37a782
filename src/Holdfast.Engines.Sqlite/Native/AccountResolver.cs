using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Native;

/// <summary>
/// Resolves names of users and groups. Each backup needs them, and a lookup may go over the network, so results are
/// cached for a minute.
/// </summary>
internal sealed unsafe partial class AccountResolver(TimeProvider time)
{
    private const int BufferBytes = 64 << 10; // for the whole record of an account; large groups have many members
    private const int NumberOffset = 16; // of pw_uid and gr_gid on 64-bit systems; both records begin with the name
    private static readonly TimeSpan CacheLifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(bool IsGroup, uint Number), (string Name, long Asked)> _names = new();

    /// <summary>Returns the name of a user, or its number if it has none.</summary>
    public string GetUserName(uint number) => GetName(false, number);

    /// <summary>Returns the name of a group, or its number if it has none.</summary>
    public string GetGroupName(uint number) => GetName(true, number);

    /// <summary>Returns the number of a user, or null if there is no user of that name. A number stands for itself.</summary>
    public static uint? FindUserId(string name) => FindId(name, isGroup: false);

    /// <summary>Returns the number of a group, or null if there is no group of that name. A number stands for itself.</summary>
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

    // The largest number means "leave unchanged" when an owner is set.
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
