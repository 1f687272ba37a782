using Holdfast.Archive;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Node.Extraction;

/// <summary>Writes the items of a restore point as plain files, assembled from its chain.</summary>
public static class Extractor
{
    private const int NoSpace = 28; // errno of Linux, as .NET passes it on
    private const int QuotaExceeded = 122;

    // CreateNew does not follow links. The contents may be secret, whatever the umask says.
    private static readonly FileStreamOptions OnlyForOwner = new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    /// <summary>
    /// Writes each item to <paramref name="folder"/>, which is created if missing. Nothing there is overwritten; after a failure or
    /// cancellation, all files that it created are removed.
    /// </summary>
    /// <returns>The files written.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.TargetExists"/>, or the problem of the archives.</exception>
    public static async Task<IReadOnlyList<string>> ExtractAsync(ChainReader point, string folder, CancellationToken cancellationToken)
    {
        var files = new List<string>();
        var isNew = !Directory.Exists(folder);
        var isDone = false;
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var item in point.Items)
            {
                var path = Path.Combine(folder, item.Name); // a plain name: the manifest has been validated
                if (Path.Exists(path))
                {
                    throw new HoldfastException(
                        ErrorCatalog.TargetExists,
                        $"'{path}' already exists.",
                        "Use another folder, or move the file away."
                    );
                }
                await ExtractAsync(point, item, path, cancellationToken);
                files.Add(path);
            }

            isDone = true;
            return files;
        }
        catch (IOException e) when (e.HResult is NoSpace or QuotaExceeded)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFull,
                $"'{folder}' has no space left for the items.",
                "Free space there, or use another folder.",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFailed,
                $"'{folder}' cannot be written: {e.Message}",
                "Use a folder with free space that this user can write to.",
                e
            );
        }
        finally
        {
            if (!isDone)
            {
                Remove(files, isNew ? folder : null);
            }
        }
    }

    private static void Remove(List<string> files, string? folder)
    {
        try
        {
            foreach (var file in files)
            {
                File.Delete(file);
            }
            if (folder is not null)
            {
                Directory.Delete(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The caller receives the original failure; a folder into which somebody else has put a file stays.
        }
    }

    private static async Task ExtractAsync(ChainReader point, ItemInfo item, string path, CancellationToken cancellationToken)
    {
        var partial = $"{path}.partial";
        // Left by a killed run, or a link that would redirect the bytes: the link itself is removed, not its target.
        File.Delete(partial);
        try
        {
            using (var stream = new FileStream(partial, OnlyForOwner))
            {
                var file = stream.SafeFileHandle;
                if (item.Kind == ItemKind.Image)
                {
                    await point.CopyImageAsync(item.Name, new FileTarget(file), cancellationToken);
                }
                else
                {
                    long at = 0;
                    await point.CopyStreamAsync(
                        item.Name,
                        (bytes, _) =>
                        {
                            RandomAccess.Write(file, bytes.Span, at);
                            at += bytes.Length;
                            return ValueTask.CompletedTask;
                        },
                        cancellationToken
                    );
                }

                RandomAccess.FlushToDisk(file);
            }

            File.Move(partial, path, overwrite: false);
            FolderFlush.FlushParent(path);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private sealed class FileTarget(SafeFileHandle file) : IPageTarget
    {
        public void SetLength(long length) => RandomAccess.SetLength(file, length);

        public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(file, bytes, offset);

        public void Read(long offset, Span<byte> bytes)
        {
            for (var read = 0; read < bytes.Length; )
            {
                var count = RandomAccess.Read(file, bytes[read..], offset + read);
                if (count == 0)
                {
                    throw new EndOfStreamException("The extracted file has been truncated.");
                }
                read += count;
            }
        }
    }
}
