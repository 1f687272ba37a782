using System.Security.Cryptography;
using Holdfast.Archive.Items;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>Reads the bytes of a stored file from front to back.</summary>
internal static class StoredFileReader
{
    private const int ChunkSize = 1 << 20;

    // One request to a remote destination: large enough that its cost does not matter, and little is lost when it fails.
    private const int RangeBytes = 16 << 20;

    /// <summary>SHA-256 of all bytes, Base64.</summary>
    public static async Task<string> HashAsync(IByteSource source, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await ReadAsync(
            source,
            part =>
            {
                hash.AppendData(part.Span);
                return ValueTask.CompletedTask;
            },
            cancellationToken
        );
        return Convert.ToBase64String(hash.GetHashAndReset());
    }

    /// <summary>Passes on all bytes, in blocks of at most 1 MiB.</summary>
    public static async Task ReadAsync(IByteSource source, Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(ChunkSize, Math.Max(1, source.Length))];
        // A small file may have been read completely when it was opened.
        if (source.Length is > 0 and <= ChunkSize)
        {
            await source.ReadAsync(0, buffer, cancellationToken);
            await take(buffer);
            return;
        }
        for (long at = 0; at < source.Length; )
        {
            var end = Math.Min(at + RangeBytes, source.Length);
            await using var range = await source.OpenReadAsync(at, end - at, cancellationToken);
            while (at < end)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - at));
                await range.ReadExactlyAsync(part, cancellationToken);
                await take(part);
                at += part.Length;
            }
        }
    }
}
