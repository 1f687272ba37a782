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
internal static class FileTakeover
{
    private const UnixFileMode OfGroup = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private const UnixFileMode Taken = UnixFileMode.UserRead | UnixFileMode.UserWrite | OfGroup;

    /// <summary>Changes the file, and tells what could not be taken over.</summary>
    /// <param name="file">The new file, of mode 0600.</param>
    /// <param name="original">What the archive says; null where it says nothing.</param>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="accounts">Names of users and groups.</param>
    /// <param name="warnings">Takes what the operator should know.</param>
    public static void Apply(SafeFileHandle file, FilePermissions? original, FileRestore wanted, Accounts accounts, List<string> warnings)
    {
        if (wanted is { Mode: false, Owner: false })
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
        var hasGroup = !wanted.Owner || TrySetGroup(file, original.Group, accounts, warnings);
        if (wanted.Mode)
        {
            SetMode(file, original.Mode, hasGroup, warnings);
        }
        if (wanted.Owner)
        {
            SetUser(file, original.User, accounts, warnings);
        }
    }

    /// <summary>Owner and mode of a file as they are.</summary>
    public static FilePermissions Of(in FileStatus status, Accounts accounts) =>
        new($"0{Convert.ToString(status.Mode & 0xFFF, 8).PadLeft(3, '0')}", accounts.User(status.User), accounts.Group(status.Group));

    private static void SetMode(SafeFileHandle file, string text, bool hasGroup, List<string> warnings)
    {
        var asked = (UnixFileMode)(Convert.ToInt32(text, 8) & 0xFFF);
        var mode = asked & (hasGroup ? Taken : Taken & ~OfGroup);
        File.SetUnixFileMode(file, mode);
        if (mode == asked)
        {
            return;
        }
        var why =
            hasGroup || (asked & OfGroup) == 0
                ? "what others may do, and the right to run it, are not taken over"
                : "the bits of its group are left out as well, for it has another group";
        warnings.Add($"The original had mode {text}; the new file has 0{Convert.ToString((int)mode, 8).PadLeft(3, '0')}: {why}.");
    }

    private static bool TrySetGroup(SafeFileHandle file, string name, Accounts accounts, List<string> warnings)
    {
        var has = accounts.Group(FileStatus.Of(file).Group);
        if (has == name)
        {
            return true;
        }
        if (Accounts.FindGroup(name) is not { } group)
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

    private static void SetUser(SafeFileHandle file, string name, Accounts accounts, List<string> warnings)
    {
        var has = accounts.User(FileStatus.Of(file).User);
        if (has == name)
        {
            return;
        }
        if (Accounts.FindUser(name) is not { } user)
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
