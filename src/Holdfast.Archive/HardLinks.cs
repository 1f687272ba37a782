namespace Holdfast.Archive;

/// <summary>Detects file systems without hard links, such as exFAT and object stores mounted with FUSE.</summary>
public static class HardLinks
{
    private const int NotPermittedError = 1,
        NotImplementedError = 38,
        NotSupportedError = 95;

    /// <summary>
    /// Whether link(2) failed because the file system has no hard links. FUSE returns ENOSYS if the driver does not implement it; exFAT
    /// returns EPERM.
    /// </summary>
    /// <param name="error">The error number.</param>
    public static bool AreUnsupported(int error) => error is NotPermittedError or NotImplementedError or NotSupportedError;
}
