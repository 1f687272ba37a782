using System.ComponentModel;
using Holdfast.Archive.Format;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// Gives a new file owner and mode of the one that was backed up, as far as that was asked for and can do no harm:
/// whoever wrote the archive chose them.
/// No bits for others, none that let it be run, none that lend its owner's rights.
/// </summary>
internal static class FilePermissionRestore
{
    private const UnixFileMode GroupBits = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private const UnixFileMode AllowedBits = UnixFileMode.UserRead | UnixFileMode.UserWrite | GroupBits;

    /// <summary>Changes the file, and tells what could not be taken over.</summary>
    /// <param name="file">The new file, of mode 0600.</param>
    /// <param name="original">What the archive says; null where it says nothing.</param>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="accounts">Names of users and groups.</param>
    /// <param name="warnings">Takes what the operator should know.</param>
    public static void Apply(
        SafeFileHandle file,
        FilePermissions? original,
        FileRestoreOptions wanted,
        AccountResolver accounts,
        List<string> warnings
    )
    {
        if (wanted is { RestoreMode: false, RestoreOwner: false })
        {
            return;
        }
        if (original is null)
        {
            warnings.Add(
                "The archive does not say which owner and mode the original file had, as those of earlier versions: the new "
                    + "file is readable and writable by who restored it alone."
            );
            return;
        }

        // The group first: its bits are given to the right one. The owner last: a file that is given away is no longer ours to change.
        var hasGroup = !wanted.RestoreOwner || TrySetGroup(file, original.Group, accounts, warnings);
        if (wanted.RestoreMode)
        {
            SetMode(file, original.Mode, hasGroup, warnings);
        }
        if (wanted.RestoreOwner)
        {
            SetUser(file, original.User, accounts, warnings);
        }
    }

    /// <summary>Owner and mode of a file as they are.</summary>
    public static FilePermissions Read(in FileStatus status, AccountResolver accounts) =>
        new(
            $"0{Convert.ToString(status.Mode & 0xFFF, 8).PadLeft(3, '0')}",
            accounts.GetUserName(status.User),
            accounts.GetGroupName(status.Group)
        );

    private static void SetMode(SafeFileHandle file, string text, bool hasGroup, List<string> warnings)
    {
        var asked = (UnixFileMode)(Convert.ToInt32(text, 8) & 0xFFF);
        var mode = asked & (hasGroup ? AllowedBits : AllowedBits & ~GroupBits);
        File.SetUnixFileMode(file, mode);
        if (mode == asked)
        {
            return;
        }
        var why =
            hasGroup || (asked & GroupBits) == 0
                ? "what others may do, and the right to run it, are not taken over"
                : "the bits of its group are left out as well, for it has another group";
        warnings.Add($"The original had mode {text}; the new file has 0{Convert.ToString((int)mode, 8).PadLeft(3, '0')}: {why}.");
    }

    private static bool TrySetGroup(SafeFileHandle file, string name, AccountResolver accounts, List<string> warnings)
    {
        var has = accounts.GetGroupName(FileStatus.Get(file).Group);
        if (has == name)
        {
            return true;
        }
        if (AccountResolver.FindGroupId(name) is not { } group)
        {
            warnings.Add($"There is no group '{name}' on this machine, which the original file had: the new one has group '{has}'.");
        }
        else if (Posix.ChangeOwner(file, null, group) is not 0 and var error)
        {
            warnings.Add($"The file's group cannot become '{name}': {new Win32Exception(error).Message}. It stays '{has}'.");
        }
        else
        {
            return true;
        }
        return false;
    }

    private static void SetUser(SafeFileHandle file, string name, AccountResolver accounts, List<string> warnings)
    {
        var has = accounts.GetUserName(FileStatus.Get(file).User);
        if (has == name)
        {
            return;
        }
        if (AccountResolver.FindUserId(name) is not { } user)
        {
            warnings.Add($"There is no user '{name}' on this machine, who owned the original file: the new one belongs to '{has}'.");
        }
        else if (Posix.ChangeOwner(file, user, null) is not 0 and var error)
        {
            warnings.Add(
                $"The file cannot be given to '{name}': {new Win32Exception(error).Message}. It belongs to '{has}'; only root "
                    + "may give files away."
            );
        }
    }
}
