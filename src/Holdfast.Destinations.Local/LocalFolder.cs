using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>
/// An open folder of a destination. Names are resolved relative to its handle, whatever happens to the path that led to it. Keep it
/// open for one call only, so that the disk can be unmounted.
/// </summary>
/// <param name="handle">Handle of the folder.</param>
internal sealed class LocalFolder(SafeFileHandle handle) : IDisposable
{
    /// <summary>Handle of the folder.</summary>
    public SafeFileHandle Handle => handle;

    /// <summary>A path that refers to the folder while it is open.</summary>
    public string Path => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    /// <summary>
    /// The path of a name in the folder. If the name is a link, the call that uses the path decides whether to follow it.
    /// </summary>
    public string PathOf(string name) => $"{Path}/{name}";

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
