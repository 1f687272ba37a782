using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engines.Sqlite.Restore;

/// <summary>Writes the pages of an image to a file.</summary>
internal sealed class FilePageTarget(SafeFileHandle file, string path) : IPageTarget
{
    /// <inheritdoc/>
    public void SetLength(long length) => RandomAccess.SetLength(file, length);

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(file, bytes, offset);

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes)
    {
        for (var done = 0; done < bytes.Length; )
        {
            var read = RandomAccess.Read(file, bytes[done..], offset + done);
            if (read == 0)
            {
                throw new HoldfastException(
                    ErrorCatalog.DestinationFailed,
                    $"'{path}' ends at byte {offset + done}, before data that was written to it.",
                    "Another program has changed the file. Try again."
                );
            }
            done += read;
        }
    }
}
