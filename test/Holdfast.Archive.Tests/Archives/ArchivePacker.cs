using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Archive.Format;
using Holdfast.Archive.Frames;
using Holdfast.Archive.Tar;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>Packs any bytes into a container with valid checksums.</summary>
internal static class ArchivePacker
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Packs frames, a manifest, and a matching index unless another is given.</summary>
    public static byte[] Pack(IEnumerable<byte[]> frames, byte[] manifest, byte[]? index = null)
    {
        var before = frames.ToList();
        var at = before.Sum(f => f.Length) + TarFormat.Block;
        index ??= JsonSerializer.SerializeToUtf8Bytes(
            new(1, new(manifest.Length, Convert.ToBase64String(SHA256.HashData(manifest)), 0, at)),
            FormatJson.Default.ArchiveIndex
        );
        return PackFrames([
            .. before,
            .. Entry("manifest.json", manifest).Chunk(1 << 20),
            [.. Entry("index.json", index), .. new byte[TarFormat.EndBytes]],
        ]);
    }

    /// <summary>Compresses these frames and appends their table.</summary>
    public static byte[] PackFrames(IEnumerable<byte[]> contents)
    {
        using var file = new MemoryStream();
        var table = new List<(uint, uint)>();
        foreach (var content in contents)
        {
            var frame = new byte[ZstdPool.Bound(content.Length)];
            var length = ZstdPool.Compress(content, frame, 1, false);
            file.Write(frame, 0, length);
            table.Add(((uint)length, (uint)content.Length));
        }

        return PackTable(file.ToArray(), table);
    }

    /// <summary>Appends any table to frames.</summary>
    public static byte[] PackTable(byte[] frames, List<(uint Stored, uint Content)> table)
    {
        var padding = SeekTable.Padding(table);
        return [.. frames, .. padding, .. SeekTable.Write([.. table, ((uint)padding.Length, 0)])];
    }

    /// <summary>A tar entry, padded.</summary>
    public static byte[] Entry(string name, byte[] content) =>
        [.. TarFormat.Header(name, content.Length, Time), .. content, .. new byte[TarFormat.Padding(content.Length)]];
}
