using System.ComponentModel;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Creates the errors for files and folders that exist but cannot be read.</summary>
internal static class ReadErrorTranslator
{
    private const int NotPermittedError = 1,
        AccessError = 13;

    /// <summary>Creates the error for a file or folder that the operating system refuses to read.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="error">Error number of the operating system, not 0.</param>
    public static HoldfastException Translate(string path, int error) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"'{path}' cannot be read: {new Win32Exception(error).Message}.",
            error is NotPermittedError or AccessError
                ? "Give this user read permission, and search permission on the folders above, or exclude it."
                : "Check the disk or file server that contains it, and the system log."
        );

    /// <summary>Creates the error for a folder whose entries cannot be listed.</summary>
    public static HoldfastException TranslateFolder(string path, Exception? cause) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"The directory '{path}' cannot be read{(cause is null ? "" : $": {cause.Message.TrimEnd('.')}")}.",
            "Give this user read permission, or exclude it.",
            cause
        );
}
