using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>
/// A folder of a destination, held open: names in it are looked up in this folder and no other, whatever becomes of the
/// path that led to it. Hold it for one
/// call only, so that the disk can be unmounted.
/// </summary>
/// <param name="handle">The open folder.</param>
internal sealed class LocalFolder(SafeFileHandle handle) : IDisposable
{
    /// <summary>The open folder.</summary>
    public SafeFileHandle Handle => handle;

    /// <summary>A path that leads to it as long as it is held.</summary>
    public string Path => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    /// <summary>The path of a name in it. A link of that name is whatever the call that is given it makes of links.</summary>
    public string PathOf(string name) => $"{Path}/{name}";

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
