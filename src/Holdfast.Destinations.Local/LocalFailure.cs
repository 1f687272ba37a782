using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>Says what went wrong at a folder.</summary>
internal static class LocalFailure
{
    /// <summary>The failure that <paramref name="e"/> is at destination <paramref name="root"/>.</summary>
    public static HoldfastException Of(Exception e, string root) =>
        e switch
        {
            HoldfastException known => known,
            IOException { HResult: Errno.NoSpace or Errno.QuotaExceeded } => new(
                ErrorCatalogue.DestinationFull,
                $"Destination '{root}' is full.",
                "Make room there, or give another destination. What was not complete has been removed.",
                e
            ),
            IOException { HResult: Errno.ReadOnlyFileSystem } => new(
                ErrorCatalogue.DestinationFailed,
                $"Destination '{root}' is read-only.",
                "Mount it for writing, or give another destination.",
                e
            ),
            DirectoryNotFoundException => new(
                ErrorCatalogue.DestinationFailed,
                $"Destination '{root}' has vanished: {e.Message}",
                "Check that it is mounted.",
                e
            ),
            UnauthorizedAccessException or IOException { HResult: Errno.Denied } => new(
                ErrorCatalogue.DestinationFailed,
                $"Destination '{root}' may not be written or read by this user: {e.Message}",
                "Give this user rights to it, or give another destination.",
                e
            ),
            _ => new(ErrorCatalogue.DestinationFailed, $"Destination '{root}' failed: {e.Message}", "Check the disk and the mount.", e),
        };
}
