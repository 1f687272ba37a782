using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Tar;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>
/// An unpacked archive, to be repacked with other contents. Frames, checksums and hashes stay valid, so that hostile contents get past
/// them.
/// </summary>
internal sealed class TestArchive
{
    private readonly List<byte[]> _frames; // the frames before index.json
    private readonly int _manifestAt; // offset of the header block of manifest.json in the tar stream

    private TestArchive(List<byte[]> frames, int manifestAt)
    {
        (_frames, _manifestAt) = (frames, manifestAt);
        var tar = Tar;
        Manifest = tar[(manifestAt + TarFormat.Block)..];
        Header = ContentAt(tar, 0);
    }

    /// <summary><c>holdfast.json</c>.</summary>
    public byte[] Header { get; set; }

    /// <summary><c>manifest.json</c>.</summary>
    public byte[] Manifest { get; set; }

    /// <summary><c>index.json</c>; null for one that matches the manifest.</summary>
    public byte[]? Index { get; set; }

    /// <summary>Everything before the manifest: entries in frames. May be changed.</summary>
    public IList<byte[]> Frames => _frames;

    private byte[] Tar => [.. _frames.SelectMany(f => f)];

    /// <summary>Unpacks an unencrypted archive.</summary>
    public static async Task<TestArchive> OfAsync(byte[] archive)
    {
        var token = TestContext.Current.CancellationToken;
        await using var reader = await ArchiveReader.OpenAsync(new MemorySource(archive), AgeKeys.None, token);
        var frames = new List<byte[]>();
        for (var i = 0; i < reader.Frames.Table.Count - 1; i++)
        {
            var (offset, length) = reader.Frames.Table.Content(i);
            frames.Add(new byte[length]);
            await reader.Frames.ReadAsync(offset, frames[i], token);
        }

        var test = new TestArchive(frames, (int)reader.Index.Manifest.Offset - TarFormat.Block);
        test.Manifest = test.Manifest[..(int)reader.Index.Manifest.Length];
        var cut = test._manifestAt;
        for (var i = 0; i < frames.Count; i++)
        {
            var kept = Math.Min(cut, frames[i].Length);
            frames[i] = frames[i][..kept];
            cut -= kept;
        }

        frames.RemoveAll(f => f.Length == 0);
        return test;
    }

    /// <summary>Changes the manifest.</summary>
    public TestArchive WithManifest(Action<JsonNode> edit) => With(json => Manifest = json, Manifest, edit);

    /// <summary>Changes the header, which must still fit into one block.</summary>
    public TestArchive WithHeader(Action<JsonNode> edit) => With(json => Header = json, Header, edit);

    /// <summary>Packs it.</summary>
    public byte[] Pack()
    {
        var header = ArchivePacker.Entry("holdfast.json", Header);
        if (header.Length != ArchivePacker.Entry("holdfast.json", ContentAt(_frames[0], 0)).Length)
        {
            throw new InvalidOperationException("The header must keep its number of blocks.");
        }
        header.CopyTo(_frames[0], 0);
        return ArchivePacker.Pack(_frames, Manifest, Index);
    }

    /// <summary>Creates any header block with a valid checksum.</summary>
    public static byte[] RawHeader(string name, string size, char type = '0', string link = "", string prefix = "")
    {
        var block = new byte[TarFormat.Block];
        Encoding.UTF8.GetBytes(name).AsSpan().CopyTo(block);
        "0000600\0"u8.CopyTo(block.AsSpan(100));
        Encoding.ASCII.GetBytes(size).CopyTo(block, 124);
        block[156] = (byte)type;
        Encoding.ASCII.GetBytes(link).CopyTo(block, 157);
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        "00"u8.CopyTo(block.AsSpan(263));
        Encoding.ASCII.GetBytes(prefix).CopyTo(block, 345);
        block.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes($"{Convert.ToString(block.Sum(b => b), 8).PadLeft(6, '0')}\0 ").CopyTo(block, 148);
        return block;
    }

    private static byte[] ContentAt(byte[] tar, int at)
    {
        var entry = TarFormat.Parse(tar.AsSpan(at, TarFormat.Block), "test", at)!.Value;
        return tar.AsSpan(at + entry.HeaderBytes, (int)entry.Length).ToArray();
    }

    private TestArchive With(Action<byte[]> set, byte[] json, Action<JsonNode> edit)
    {
        var node = JsonNode.Parse(json)!;
        edit(node);
        set(Encoding.UTF8.GetBytes(node.ToJsonString()));
        return this;
    }
}
