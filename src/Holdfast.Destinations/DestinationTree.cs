using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>Lists and deletes file by file, for destinations that cannot do better.</summary>
public static class DestinationTree
{
    /// <summary>Lists all files below a folder, folder by folder.</summary>
    public static async IAsyncEnumerable<DestinationEntry> ListAsync(
        IDestination destination,
        string folder,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var folders = new Stack<string>([""]);
        while (folders.TryPop(out var below))
        {
            await foreach (var entry in destination.ListAsync(Join(folder, below), cancellationToken))
            {
                if (entry.IsFolder)
                {
                    folders.Push(Join(below, entry.Name));
                }
                else
                {
                    yield return entry with
                    {
                        Name = Join(below, entry.Name),
                    };
                }
            }
        }
    }

    /// <summary>Reads a small file. Without a version of its own, it is named by its content.</summary>
    public static async Task<SmallFile?> ReadSmallFileAsync(
        IDestination destination,
        string path,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var file = await destination.OpenAsync(path, cancellationToken);
            if (file.Length > maxBytes)
            {
                throw CreateTooLarge(destination, path, file.Length, maxBytes);
            }
            var bytes = new byte[file.Length];
            await file.ReadAsync(0, bytes, cancellationToken);
            return new(bytes, VersionOf(bytes));
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.NotFound)
        {
            return null;
        }
    }

    /// <summary>The version of a file at a destination that has no names for versions.</summary>
    public static string VersionOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The error of a small file that is not small.</summary>
    public static HoldfastException CreateTooLarge(IDestination destination, string path, long length, int maxBytes) =>
        new(
            ErrorCatalog.Corrupt,
            $"'{destination.NameOf(path)}' has {length} bytes; at most {maxBytes} are expected.",
            "Find out what has written it."
        );

    /// <summary>Deletes files one after another, and stops at the first failure.</summary>
    public static async Task<IReadOnlyList<DeletionFailure>> DeleteAsync(
        IDestination destination,
        IReadOnlyList<string> paths,
        CancellationToken cancellationToken
    )
    {
        foreach (var path in paths)
        {
            try
            {
                await destination.DeleteAsync(path, cancellationToken);
            }
            catch (HoldfastException e)
            {
                return [new(path, e)];
            }
        }
        return [];
    }

    /// <summary>Writes a file, finds it in a listing, reads it, and deletes it.</summary>
    public static async Task<DestinationProbe> ProbeAsync(IDestination destination, CancellationToken cancellationToken)
    {
        var path = $"{DestinationIdentity.TestPrefix}{Guid.NewGuid():n}";
        var content = "test"u8.ToArray();
        await using (var upload = await destination.BeginUploadAsync(path, cancellationToken))
        {
            await upload.WriteAsync(content, cancellationToken);
            await destination.PublishAsync([upload], cancellationToken);
        }
        var stored = new byte[content.Length];
        await using (var file = await destination.OpenAsync(path, cancellationToken))
        {
            await file.ReadAsync(0, stored, cancellationToken);
        }
        await destination.DeleteAsync(path, cancellationToken);
        return stored.AsSpan().SequenceEqual(content)
            ? new(destination.Capabilities, await destination.FreeBytesAsync(cancellationToken), [])
            : throw new HoldfastException(
                ErrorCatalog.DestinationUnverified,
                $"{destination.Name} does not return what was written.",
                "Check the disk and the file system."
            );
    }

    private static string Join(string folder, string name) =>
        folder.Length == 0 ? name
        : name.Length == 0 ? folder
        : $"{folder}/{name}";
}
