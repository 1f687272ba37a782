using Holdfast.Core.Errors;

namespace Holdfast.Archive.Format;

/// <summary>Says what is wrong with an archive, naming the file and the place.</summary>
internal static class ArchiveFailure
{
    private const string OtherCopy = "Take this archive from another destination, or restore an older point.";

    /// <summary>Bytes are not what was written.</summary>
    public static HoldfastException Corrupt(string file, string what, Exception? inner = null) =>
        new(ErrorCatalogue.Corrupt, $"'{file}' is corrupt: {what}.", OtherCopy, inner);

    /// <summary>The file ends early.</summary>
    public static HoldfastException Truncated(string file, string what) =>
        new(ErrorCatalogue.Truncated, $"'{file}' is cut short: {what}.", OtherCopy);

    /// <summary>The archive holds what no backup of ours would hold.</summary>
    public static HoldfastException Refused(string file, string what) =>
        new(
            ErrorCatalogue.Refused,
            $"'{file}' is refused: {what}.",
            "It was not written by Holdfast, or was tampered with. Do not use it."
        );
}
