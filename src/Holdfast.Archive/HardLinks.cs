namespace Holdfast.Archive;

/// <summary>Which file systems have no hard links: exFAT, object stores and others through FUSE.</summary>
public static class HardLinks
{
    private const int NotPermittedError = 1,
        NotImplementedError = 38,
        NotSupportedError = 95;

    /// <summary>
    /// Whether link(2) has failed for the file system has none. FUSE says that a call is not implemented where its
    /// program lacks it; exFAT, that it is not permitted.
    /// </summary>
    /// <param name="error">The error.</param>
    public static bool AreUnsupported(int error) => error is NotPermittedError or NotImplementedError or NotSupportedError;
}
