using System.Buffers.Binary;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Index;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Writing;
using Holdfast.Core.Tasks;

namespace Holdfast.Fuzz;

/// <summary>The seeds of the fuzzer: small archives and indexes of every kind, and parts of them.</summary>
internal static class Seeds
{
    private const int PageSize = 512;

    private static readonly DateTimeOffset Time = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Inputs by name; the first byte of each is its mode.</summary>
    public static async Task<IReadOnlyList<(string Name, byte[] Input)>> MakeAsync()
    {
        var seeds = new List<(string, byte[])>();
        foreach (var type in Enum.GetValues<BackupType>())
        {
            var archives = new List<byte[]>();
            var indexes = new List<byte[]>();
            var content = new byte[4 * PageSize];
            for (var point = 0; point < 2; point++)
            {
                content[PageSize * point]++;
                var (archive, index) = await WriteAsync(type, content, indexes, point);
                archives.Add(archive);
                indexes.Add(index);
                seeds.Add(($"{type}{point}-archive", [(byte)Mode.Archive, .. archive]));
                seeds.Add(($"{type}{point}-index", [(byte)Mode.Index, .. index]));
                seeds.Add(($"{type}{point}-blocks", [(byte)Mode.Blocks, .. Blocks(index)]));
                await using var reader = await ArchiveReader.OpenAsync(new MemorySource(archive), AgeKeys.None, default);
                var tar = new byte[reader.Frames.Length];
                await reader.Frames.ReadAsync(0, tar, default);
                var manifest = tar.AsSpan((int)reader.Index.Manifest.Offset, (int)reader.Index.Manifest.Length).ToArray();
                seeds.Add(($"{type}{point}-tar", [(byte)Mode.Tar, .. Lengths(reader), .. tar]));
                seeds.Add(($"{type}{point}-manifest", [(byte)Mode.Manifest, (byte)type, .. manifest]));
            }
        }

        return seeds;
    }

    /// <summary>A small archive into which manifests are inserted.</summary>
    public static async Task<(byte[] Archive, byte[] Index)> WriteAsync(BackupType type, byte[] content, List<byte[]> older, int point)
    {
        await using var chain =
            older.Count == 0 ? null : await ChainIndex.OpenAsync([.. older.Select(i => new MemorySource(i))], AgeKeys.None, default);
        using var archive = new MemoryStream();
        using var index = new MemoryStream();
        var outputs = new ArchiveOutputs
        {
            Archive = (b, t) => archive.WriteAsync(b, t),
            Index = (b, t) => index.WriteAsync(b, t),
            ProtectionId = "none",
        };
        var header = new ArchiveHeader
        {
            Id = $"{point + 1:x32}",
            Chain = $"{1:x32}",
            Parent = chain?.Newest.Id,
            Database = "local/a",
            Engine = "test",
            EngineVersion = "1",
            Type = type,
            Kind = chain is null ? BackupKind.Full : BackupKind.Incremental,
            Node = "A",
            StartTime = Time,
        };
        await using var writer = await ArchiveWriter.StartAsync(
            header,
            outputs,
            new() { Workers = 1 },
            chain,
            content.Length,
            null,
            default
        );
        if (type == BackupType.Snapshot)
        {
            await writer.WriteImageAsync("database.sqlite", new MemoryImage(PageSize, content), default);
        }
        else
        {
            await writer.WriteStreamAsync("dump.sql", content.Length, async (pipe, t) => await pipe.WriteAsync(content, t), default);
        }
        await writer.CompleteAsync(new Dictionary<string, string> { ["rows"] = "1" }, [], Time, default);
        return (archive.ToArray(), index.ToArray());
    }

    // The number of frames and the length of each, as Target expects them.
    private static byte[] Lengths(ArchiveReader reader)
    {
        var lengths = new byte[1 + (reader.Frames.Table.Count * 2)];
        lengths[0] = (byte)reader.Frames.Table.Count;
        for (var i = 0; i < lengths[0]; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(lengths.AsSpan(1 + (i * 2)), (ushort)reader.Frames.Table.Content(i).Length);
        }
        return lengths;
    }

    // Type, length in two bytes, payload; Target adds the checksums.
    private static byte[] Blocks(byte[] index)
    {
        var blocks = new List<byte>();
        for (var at = IndexFormat.Magic.Length; at < index.Length; )
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(index.AsSpan(at + 1));
            blocks.AddRange([index[at], (byte)length, (byte)(length >> 8), .. index.AsSpan(at + IndexFormat.PrefixBytes, length)]);
            at += IndexFormat.PrefixBytes + length + IndexFormat.CheckBytes;
        }

        return [.. blocks];
    }
}
