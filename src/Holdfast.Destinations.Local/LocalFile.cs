using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>A file on a local disk, with random access.</summary>
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

    /// <summary>Opens the file at the user-supplied <paramref name="path"/>. Links are followed.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/>, or <see cref="ErrorCatalog.DestinationFailed"/>
    /// if it is unreadable or not a regular file.</exception>
    public static LocalFile Open(string path) => Open(path, () => Posix.Open(path));

    /// <summary>Opens a file of a destination. Links are not followed.</summary>
    /// <param name="root">Root of the destination.</param>
    /// <param name="path">Path of the file, relative to the root.</param>
    /// <exception cref="HoldfastException">As above.</exception>
    internal static LocalFile Open(LocalRoot root, string path) => Open($"{root.Path}/{path}", () => root.OpenFile(path));

    private static LocalFile Open(string path, Func<SafeFileHandle> open)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = open();
            if (!Posix.StampOf(handle).IsFile)
            {
                throw new IOException("it is not a regular file.");
            }
            Posix.ReadAhead(handle);
            return new(path, handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            handle?.Dispose();
            throw e.HResult is Errno.NotFound or Errno.NotFolder
                ? new HoldfastException(ErrorCatalog.NotFound, $"'{path}' does not exist.", "Check the path.", e)
            : e.HResult == Errno.TooManyLinks
                ? new HoldfastException(
                    ErrorCatalog.DestinationFailed,
                    $"'{path}' is a link, or is reached through one: links in a destination are not followed.",
                    "Find out who created it.",
                    e
                )
            : new HoldfastException(
                ErrorCatalog.DestinationFailed,
                $"'{path}' cannot be read: {e.Message}",
                "Grant this user access to it.",
                e
            );
        }
    }

    /// <inheritdoc/>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Unreadable"/> if the disk cannot read these bytes, <see
    /// cref="ErrorCatalog.Truncated"/> if the file ends before them, otherwise <see
    /// cref="ErrorCatalog.DestinationFailed"/>.</exception>
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
                    throw new HoldfastException(
                        ErrorCatalog.Truncated,
                        $"'{Name}' is cut short: it ends at offset {offset}.",
                        "It became shorter while it was read."
                    );
                }
                buffer = buffer[read..];
                offset += read;
            }
        }
        catch (IOException e) when (e.HResult is Errno.InputOutput or Errno.BadMessage or Errno.NeedsCleaning)
        {
            throw new HoldfastException(
                ErrorCatalog.Unreadable,
                $"'{Name}' cannot be read at offset {offset}: {e.Message}",
                "Check the disk. Another destination may have an intact copy.",
                e
            );
        }
        catch (IOException e)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFailed,
                $"'{Name}' cannot be read at offset {offset}: {e.Message}",
                "Check the disk.",
                e
            );
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
