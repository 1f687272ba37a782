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

    /// <summary>Opens the file at <paramref name="path"/>, which somebody has named: links are followed.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.NotFound"/>, or <see cref="ErrorCatalogue.DestinationFailed"/> when it may not be
    /// read, or is no file.
    /// </exception>
    public static LocalFile Open(string path) => Open(path, () => Posix.Open(path));

    /// <summary>Opens a file of a destination: links are not followed.</summary>
    /// <param name="root">The destination's root.</param>
    /// <param name="path">The file's path from there.</param>
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
                throw new IOException("it is no regular file.");
            }
            Posix.ReadAhead(handle);
            return new(path, handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            handle?.Dispose();
            throw e.HResult is Errno.NotFound or Errno.NotFolder
                ? new HoldfastException(ErrorCatalogue.NotFound, $"'{path}' is not there.", "Check the path.", e)
            : e.HResult == Errno.TooManyLinks
                ? new HoldfastException(
                    ErrorCatalogue.DestinationFailed,
                    $"'{path}' is a link, or lies behind one: links in a destination are not followed.",
                    "Find out who has put it there.",
                    e
                )
            : new HoldfastException(
                ErrorCatalogue.DestinationFailed,
                $"'{path}' cannot be read: {e.Message}",
                "Give this user rights to it.",
                e
            );
        }
    }

    /// <inheritdoc/>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Unreadable"/> where the disk does not give these bytes back,
    /// <see cref="ErrorCatalogue.Truncated"/> where the file ends before
    /// them, else <see cref="ErrorCatalogue.DestinationFailed"/>.
    /// </exception>
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
                        ErrorCatalogue.Truncated,
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
                ErrorCatalogue.Unreadable,
                $"'{Name}' cannot be read at offset {offset}: {e.Message}",
                "Check the disk. Another destination may have the file.",
                e
            );
        }
        catch (IOException e)
        {
            throw new HoldfastException(
                ErrorCatalogue.DestinationFailed,
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
