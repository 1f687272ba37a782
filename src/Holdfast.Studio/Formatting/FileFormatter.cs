using Holdfast.Api.Backups;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats owner and mode of the file that a restore will create.</summary>
public static class FileFormatter
{
    private const int PreservedModeBits = 0b110_110_000; // read and write, for owner and group: a restore keeps only these

    /// <summary>Owner and mode of the new file.</summary>
    /// <param name="check">The restore point.</param>
    /// <param name="keepMode">Whether to keep the mode of the original file.</param>
    /// <param name="keepOwner">Whether to keep owner and group of the original file.</param>
    public static string Of(RestorePointCheckView check, bool keepMode, bool keepOwner)
    {
        var owner =
            keepOwner && check.File is { } file
                ? $"{file.User}:{file.Group}, if the server has permission to change the owner"
                : $"{check.ServerUser}, the user of the server";
        return keepMode && check.File is { } kept
            ? $"owner: {owner}; mode: {Mode(kept)}"
            : $"owner: {owner}; mode: 0600 (no access for other users)";
    }

    /// <summary>The mode of the original file without the bits that a restore does not keep.</summary>
    public static string Mode(FileView original) =>
        $"0{Convert.ToString(Convert.ToInt32(original.Mode, 8) & PreservedModeBits, 8).PadLeft(3, '0')}";
}
