using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>Converts failures of file operations at a destination.</summary>
internal static class LocalFailure
{
    /// <summary>Converts <paramref name="e"/> to the failure of destination <paramref name="root"/>.</summary>
    public static HoldfastException Of(Exception e, string root) =>
        e switch
        {
            HoldfastException known => known,
            IOException { HResult: Errno.NoSpace or Errno.QuotaExceeded } => new(
                ErrorCatalog.DestinationFull,
                $"Destination '{root}' is full.",
                "Free space there, or use another destination. Incomplete files have been removed.",
                e
            ),
            IOException { HResult: Errno.ReadOnlyFileSystem } => new(
                ErrorCatalog.DestinationFailed,
                $"Destination '{root}' is read-only.",
                "Mount it for writing, or use another destination.",
                e
            ),
            DirectoryNotFoundException => new(
                ErrorCatalog.DestinationFailed,
                $"Destination '{root}' has vanished: {e.Message}",
                "Check that it is mounted.",
                e
            ),
            UnauthorizedAccessException or IOException { HResult: Errno.Denied } => new(
                ErrorCatalog.DestinationFailed,
                $"Destination '{root}' cannot be read or written by this user: {e.Message}",
                "Grant this user access to it, or use another destination.",
                e
            ),
            _ => new(ErrorCatalog.DestinationFailed, $"Destination '{root}' failed: {e.Message}", "Check the disk and the mount.", e),
        };
}
