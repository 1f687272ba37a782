using System.Buffers.Binary;
using Holdfast.Archive.Age;
using Holdfast.Archive.Index;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Tests.Archives;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Fuzz;

/// <summary>The kind of an input, stored in its first byte.</summary>
internal enum Mode : byte
{
    /// <summary>An unchanged archive.</summary>
    Archive,

    /// <summary>Lengths of frames and a tar stream, compressed so that all checksums of zstd match.</summary>
    Tar,

    /// <summary>A manifest, put into an archive with the matching hash.</summary>
    Manifest,

    /// <summary>An unchanged index file.</summary>
    Index,

    /// <summary>Blocks of an index file with matching checksums.</summary>
    Blocks,
}

/// <summary>Reads any input. It may only fail in the documented ways.</summary>
internal static class Target
{
    private const int Modes = 5;

    private static readonly (byte[] Archive, byte[] Index)[] Full =
    [
        .. new[] { BackupType.Backup, BackupType.Snapshot }.Select(type =>
            Seeds.WriteAsync(type, new byte[2048], [], 0).GetAwaiter().GetResult()
        ),
    ];

    public static async Task RunAsync(byte[] input)
    {
        if (input.Length < 4)
        {
            return;
        }
        var rest = input[1..];
        try
        {
            await (
                (Mode)(input[0] % Modes) switch
                {
                    Mode.Archive => ReadAsync(rest),
                    Mode.Tar => ReadAsync(PackTar(rest)),
                    Mode.Manifest => ReadAsync(await PackManifestAsync(Full[rest[0] % Full.Length].Archive, rest[1..])),
                    Mode.Index => BuildOnAsync(rest),
                    _ => BuildOnAsync(PackBlocks(rest)),
                }
            );
        }
        catch (HoldfastException)
        {
            // Reported as an error.
        }
    }

    private static async Task ReadAsync(byte[] bytes)
    {
        await using var archive = await ArchiveReader.OpenAsync(new MemorySource(bytes), AgeKeys.None, default);
        try
        {
            await ArchiveVerifier.VerifyAsync(archive, 1, null, default);
        }
        catch (HoldfastException)
        {
            // A restore does not require a verification.
        }

        await using var chain = ChainReader.Join(archive, [], 1);
        foreach (var item in chain.Items)
        {
            try
            {
                if (item.Kind == ItemKind.Image)
                {
                    await chain.CopyImageAsync(item.Name, new MemoryImage(item.PageSize, []), default);
                }
                else
                {
                    await chain.CopyStreamAsync(item.Name, (_, _) => ValueTask.CompletedTask, default);
                }
            }
            catch (HoldfastException)
            {
                // The next item may be intact.
            }
        }
    }

    private static async Task BuildOnAsync(byte[] index)
    {
        await using var chain = await ChainIndex.OpenAsync([new MemorySource(index)], AgeKeys.None, default);
        await Seeds.WriteAsync(chain.Newest.Type, new byte[2048], [index], 1);
    }

    private static byte[] PackTar(byte[] input)
    {
        var count = Math.Min(input[0] % 16, (input.Length - 1) / 2);
        var tar = input.AsSpan(1 + (count * 2));
        var frames = new List<byte[]>();
        for (var i = 0; i < count && !tar.IsEmpty; i++)
        {
            var length =
                i == count - 1 ? tar.Length : Math.Min(tar.Length, BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(1 + (i * 2))));
            if (length == 0)
            {
                continue;
            }
            frames.Add(tar[..length].ToArray());
            tar = tar[length..];
        }

        return ArchivePacker.PackFrames(frames);
    }

    private static async Task<byte[]> PackManifestAsync(byte[] archive, byte[] manifest)
    {
        await using var reader = await ArchiveReader.OpenAsync(new MemorySource(archive), AgeKeys.None, default);
        var frames = new List<byte[]>();
        var left = reader.Index.Manifest.Offset - 512;
        for (var i = 0; i < reader.Frames.Table.Count - 1 && left > 0; i++)
        {
            var (offset, length) = reader.Frames.Table.Content(i);
            var frame = new byte[Math.Min(length, left)];
            await reader.Frames.ReadAsync(offset, frame, default);
            frames.Add(frame);
            left -= frame.Length;
        }

        return ArchivePacker.Pack(frames, manifest);
    }

    private static byte[] PackBlocks(byte[] input)
    {
        using var index = new MemoryStream();
        index.Write(IndexFormat.Magic);
        var number = 0;
        for (var rest = input.AsSpan(); rest.Length >= 3; )
        {
            var (type, length) = (
                (IndexFormat.Block)rest[0],
                Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]), rest.Length - 3)
            );
            var payload = rest.Slice(3, length);
            var prefix = new byte[IndexFormat.PrefixBytes];
            prefix[0] = (byte)type;
            BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(1), length);
            var check = new byte[IndexFormat.CheckBytes];
            IndexFormat.ComputeCheck(number++, type, payload, check);
            index.Write(prefix);
            index.Write(payload);
            index.Write(check);
            rest = rest[(3 + length)..];
        }

        return index.ToArray();
    }
}
