using System.ComponentModel;
using Holdfast.Archive.Format;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sqlite.Native;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>
/// Applies owner and mode of the original file to a new one, as far as requested and harmless, because the author of
/// the archive chose them: no permissions for others, none to execute, no set-uid or set-gid.
/// </summary>
internal static class FilePermissionRestore
{
    private const UnixFileMode GroupBits = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private const UnixFileMode AllowedBits = UnixFileMode.UserRead | UnixFileMode.UserWrite | GroupBits;

    /// <summary>Changes the file, and adds a warning for everything that was not applied.</summary>
    /// <param name="file">The new file, with mode 0600.</param>
    /// <param name="original">Permissions from the archive; null if it has none.</param>
    /// <param name="options">The requested options.</param>
    /// <param name="accounts">Names of users and groups.</param>
    /// <param name="warnings">Receives the warnings.</param>
    public static void Apply(
        SafeFileHandle file,
        FilePermissions? original,
        FileRestoreOptions options,
        AccountResolver accounts,
        List<string> warnings
    )
    {
        if (options is { RestoreMode: false, RestoreOwner: false })
        {
            return;
        }
        if (original is null)
        {
            warnings.Add(
                "The archive does not contain owner and mode of the original file, because an earlier version wrote it: the new "
                    + "file is readable and writable only by the user who restored it."
            );
            return;
        }

        // The group first, so that its permissions go to the right group. The owner last: after that, this user can no
        // longer change the file.
        var hasGroup = !options.RestoreOwner || TrySetGroup(file, original.Group, accounts, warnings);
        if (options.RestoreMode)
        {
            SetMode(file, original.Mode, hasGroup, warnings);
        }
        if (options.RestoreOwner)
        {
            SetUser(file, original.User, accounts, warnings);
        }
    }

    /// <summary>Reads owner and mode of a file.</summary>
    public static FilePermissions Read(in FileStatus status, AccountResolver accounts) =>
        new(
            $"0{Convert.ToString(status.Mode & 0xFFF, 8).PadLeft(3, '0')}",
            accounts.GetUserName(status.User),
            accounts.GetGroupName(status.Group)
        );

    private static void SetMode(SafeFileHandle file, string text, bool hasGroup, List<string> warnings)
    {
        var requested = (UnixFileMode)(Convert.ToInt32(text, 8) & 0xFFF);
        var mode = requested & (hasGroup ? AllowedBits : AllowedBits & ~GroupBits);
        File.SetUnixFileMode(file, mode);
        if (mode == requested)
        {
            return;
        }
        var why =
            hasGroup || (requested & GroupBits) == 0
                ? "permissions for others and to execute are not restored"
                : "group permissions are not restored either, because the file has another group";
        warnings.Add($"The original had mode {text}; the new file has 0{Convert.ToString((int)mode, 8).PadLeft(3, '0')}: {why}.");
    }

    private static bool TrySetGroup(SafeFileHandle file, string name, AccountResolver accounts, List<string> warnings)
    {
        var current = accounts.GetGroupName(FileStatus.Get(file).Group);
        if (current == name)
        {
            return true;
        }
        if (AccountResolver.FindGroupId(name) is not { } group)
        {
            warnings.Add($"The original file's group '{name}' does not exist on this machine: the new file has group '{current}'.");
        }
        else if (Posix.ChangeOwner(file, null, group) is not 0 and var error)
        {
            warnings.Add($"The group of the file cannot be set to '{name}': {new Win32Exception(error).Message}. It remains '{current}'.");
        }
        else
        {
            return true;
        }
        return false;
    }

    private static void SetUser(SafeFileHandle file, string name, AccountResolver accounts, List<string> warnings)
    {
        var current = accounts.GetUserName(FileStatus.Get(file).User);
        if (current == name)
        {
            return;
        }
        if (AccountResolver.FindUserId(name) is not { } user)
        {
            warnings.Add($"The original file's owner '{name}' does not exist on this machine: the new file belongs to '{current}'.");
        }
        else if (Posix.ChangeOwner(file, user, null) is not 0 and var error)
        {
            warnings.Add(
                $"The owner of the file cannot be set to '{name}': {new Win32Exception(error).Message}. It remains '{current}'; only "
                    + "root can change the owner of a file."
            );
        }
    }
}
