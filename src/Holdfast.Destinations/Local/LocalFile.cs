using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>A file on a local disk, read from anywhere in it.</summary>
public sealed class LocalFile : IByteSource
{
    private readonly SafeFileHandle _handle;

    private LocalFile(string path, SafeFileHandle handle)
    {
        (Name, _handle) = (path, handle);
        Length = RandomAccess.GetLength(handle);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <summary>Opens the file at <paramref name="path"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/>, or <see cref="ErrorCatalogue.DestinationFailed"/> when it may not be read.</exception>
    public static LocalFile Open(string path)
    {
        try
        {
            return new(path, File.OpenHandle(path, options: FileOptions.SequentialScan));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(ErrorCatalogue.NotFound, $"'{path}' is not there.", "Check the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(ErrorCatalogue.DestinationFailed, $"'{path}' cannot be read: {e.Message}", "Give this user rights to it.", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            while (!buffer.IsEmpty)
            {
                var read = RandomAccess.Read(_handle, buffer.Span, offset);
                if (read == 0) throw new HoldfastException(ErrorCatalogue.Truncated, $"'{Name}' is cut short: it ends at offset {offset}.", "It became shorter while it was read.");
                buffer = buffer[read..];
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw new HoldfastException(ErrorCatalogue.DestinationFailed, $"'{Name}' cannot be read at offset {offset}: {e.Message}", "Check the disk.", e);
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
