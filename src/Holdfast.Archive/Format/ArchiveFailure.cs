using Holdfast.Core.Errors;

namespace Holdfast.Archive.Format;

/// <summary>Creates the errors of archives, with the file and the position.</summary>
internal static class ArchiveFailure
{
    private const string OtherCopy = "Use this archive from another destination, or restore an older point.";

    /// <summary>The bytes differ from what was written.</summary>
    public static HoldfastException Corrupt(string file, string what, Exception? inner = null) =>
        new(ErrorCatalogue.Corrupt, $"'{file}' is corrupt: {what}.", OtherCopy, inner);

    /// <summary>The file is truncated.</summary>
    public static HoldfastException Truncated(string file, string what) =>
        new(ErrorCatalogue.Truncated, $"'{file}' is truncated: {what}.", OtherCopy);

    /// <summary>The archive contains something that Holdfast never writes.</summary>
    public static HoldfastException Refused(string file, string what) =>
        new(
            ErrorCatalogue.Refused,
            $"'{file}' is refused: {what}.",
            "It was not written by Holdfast, or was tampered with. Do not use it."
        );
}
