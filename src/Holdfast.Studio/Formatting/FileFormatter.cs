using Holdfast.Api.Backups;

namespace Holdfast.Studio.Formatting;

/// <summary>Owner and mode of the file that a restore will make.</summary>
public static class FileFormatter
{
    private const int PreservedModeBits = 0b110_110_000; // reading and writing, by owner and group: all that a restore takes over

    /// <summary>What the file will be.</summary>
    /// <param name="check">The point.</param>
    /// <param name="keepMode">Whether it gets the mode of the original.</param>
    /// <param name="keepOwner">Whether it gets the owner and group of the original.</param>
    public static string Of(RestorePointCheckView check, bool keepMode, bool keepOwner)
    {
        var owner =
            keepOwner && check.File is { } file
                ? $"{file.User}:{file.Group}, if the server may give files away"
                : $"{check.ServerUser}, the server's user";
        return keepMode && check.File is { } kept
            ? $"belongs to {owner}; mode {Mode(kept)}"
            : $"belongs to {owner}; nobody else may read or write it (mode 0600)";
    }

    /// <summary>What the mode of the original becomes.</summary>
    public static string Mode(FileView original) =>
        $"0{Convert.ToString(Convert.ToInt32(original.Mode, 8) & PreservedModeBits, 8).PadLeft(3, '0')}";
}
