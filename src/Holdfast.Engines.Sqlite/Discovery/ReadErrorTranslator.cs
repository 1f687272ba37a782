using System.ComponentModel;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Words for what is there and cannot be read.</summary>
internal static class ReadErrorTranslator
{
    private const int NotPermittedError = 1,
        AccessError = 13;

    /// <summary>The failure of a file or folder that the operating system does not show.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="error">The error of the operating system, not 0.</param>
    public static HoldfastException Translate(string path, int error) =>
        new(
            ErrorCatalogue.SourceUnreadable,
            $"'{path}' cannot be read: {new Win32Exception(error).Message}.",
            error is NotPermittedError or AccessError
                ? "Let this user read it and enter the folders above it, or exclude it."
                : "Look at the disk or the server that it lies on, and at the system's log."
        );

    /// <summary>The failure of a folder whose entries cannot be listed.</summary>
    public static HoldfastException TranslateFolder(string path, Exception? cause) =>
        new(
            ErrorCatalogue.SourceUnreadable,
            $"The directory '{path}' cannot be read{(cause is null ? "" : $": {cause.Message.TrimEnd('.')}")}.",
            "Let this user read it, or exclude it.",
            cause
        );
}
