using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Node.Backups.Chains;

/// <summary>An index in the cache of this node. It stays readable if the cache removes it meanwhile.</summary>
internal sealed class CachedIndex : IByteSource
{
    private readonly SafeFileHandle _handle;

    private CachedIndex(string path, SafeFileHandle handle)
    {
        (Name, _handle) = (path, handle);
        Length = RandomAccess.GetLength(handle);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <summary>Opens a file of the cache.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static CachedIndex Open(string path) =>
        new(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            while (!buffer.IsEmpty)
            {
                var read = RandomAccess.Read(_handle, buffer.Span, offset);
                if (read == 0)
                {
                    throw new HoldfastException(ErrorCatalog.Truncated, $"'{Name}' ends at offset {offset}.", "It is fetched again.");
                }
                buffer = buffer[read..];
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw new HoldfastException(ErrorCatalog.Unreadable, $"'{Name}' cannot be read: {e.Message}", "Check the disk.", e);
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _handle.Dispose();
        return ValueTask.CompletedTask;
    }
}
