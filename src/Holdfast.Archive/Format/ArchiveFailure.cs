using Holdfast.Core.Errors;

namespace Holdfast.Archive.Format;

/// <summary>Creates the errors of archives, with the file and the position.</summary>
internal static class ArchiveFailure
{
    private const string OtherCopy = "Use this archive from another destination, or restore an older point.";

    /// <summary>The bytes differ from what was written.</summary>
    public static HoldfastException Corrupt(string file, string reason, Exception? inner = null) =>
        new(ErrorCatalog.Corrupt, $"'{file}' is corrupt: {reason}.", OtherCopy, inner);

    /// <summary>The file is truncated.</summary>
    public static HoldfastException Truncated(string file, string reason) =>
        new(ErrorCatalog.Truncated, $"'{file}' is truncated: {reason}.", OtherCopy);

    /// <summary>The archive contains something that Holdfast never writes.</summary>
    public static HoldfastException Refused(string file, string reason) =>
        new(
            ErrorCatalog.Refused,
            $"'{file}' is refused: {reason}.",
            "It was not written by Holdfast, or was tampered with. Do not use it."
        );
}
