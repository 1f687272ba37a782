using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Archive.Frames;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Tar;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>Archives that Holdfast never writes, with valid checksums.</summary>
public sealed class HostileTests
{
    private const int PageSize = 512;

    [Theory]
    [MemberData(nameof(HostileChanges.ManifestCases), MemberType = typeof(HostileChanges))]
    public async Task A_hostile_manifest_is_refused_or_read_correctly(BackupType type, int point, string name)
    {
        var (chain, points) = await SmallChainAsync(type);
        var archive = (await TestArchive.OfAsync(chain.Archives[point])).WithManifest(HostileChanges.OfManifest(name));
        archive.Manifest = Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(archive.Manifest).Replace("\"REPLACE\"", "\"\\ud800\"", StringComparison.Ordinal)
        );
        await RefusedOrRightAsync([.. chain.Archives[..point], archive.Pack()], points[point]);
    }

    [Theory]
    [MemberData(nameof(HostileChanges.ManifestCases), MemberType = typeof(HostileChanges))]
    public async Task Verification_and_restore_refuse_the_same_archives(BackupType type, int point, string name)
    {
        var (chain, _) = await SmallChainAsync(type);
        var archive = (await TestArchive.OfAsync(chain.Archives[point])).WithManifest(HostileChanges.OfManifest(name));
        archive.Manifest = Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(archive.Manifest).Replace("\"REPLACE\"", "\"\\ud800\"", StringComparison.Ordinal)
        );
        byte[][] archives = [.. chain.Archives[..point], archive.Pack()];
        Assert.Equal(
            await Damage.VerifyChainAsync(archives, AgeKeys.None) is null,
            (await Damage.ReadAsync(archives, AgeKeys.None)).Failure is null
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_part_repeated_twenty_thousand_times_is_refused_by_all_readers(int point)
    {
        var chain = new Chain(BackupType.Backup);
        var content = new byte[1 << 20];
        new Random(5).NextBytes(content);
        await chain.AddStreamAsync(content);
        await chain.AddStreamAsync([.. content, 1]);
        var archive = (await TestArchive.OfAsync(chain.Archives[point])).WithManifest(m =>
        {
            var (one, all) = (HostileChanges.Part(m), new JsonArray());
            for (var i = 0; i < 20_000; i++)
            {
                all.Add(one.DeepClone());
            }
            (HostileChanges.Item(m)["parts"], HostileChanges.Item(m)["length"]) = (all, 20_000 * one["length"]!.GetValue<long>());
        });
        byte[][] archives = [.. chain.Archives[..point], archive.Pack()];
        Assert.Equal(ErrorCatalog.Refused, (await Damage.VerifyChainAsync(archives, AgeKeys.None))?.Error);
        Assert.Equal(ErrorCatalog.Refused, (await Damage.ReadAsync(archives, AgeKeys.None)).Failure?.Error);
    }

    [Fact]
    public async Task A_stream_with_excessive_repetition_is_stored_again_and_readable()
    {
        var chain = new Chain(BackupType.Backup);
        var block = new byte[300_000];
        new Random(6).NextBytes(block);
        await chain.AddStreamAsync(block);
        var repeated = Enumerable.Repeat(block, 400).SelectMany(b => b).ToArray();
        await chain.AddStreamAsync(repeated);
        Assert.Null(await Damage.VerifyChainAsync(chain.Archives, AgeKeys.None));
        Assert.True((await chain.ReadStreamAsync(1)).AsSpan().SequenceEqual(repeated));
    }

    [Theory]
    [MemberData(nameof(HostileChanges.HeaderCases), MemberType = typeof(HostileChanges))]
    public async Task A_hostile_header_is_refused_or_read_correctly(BackupType type, int point, string name)
    {
        var (chain, points) = await SmallChainAsync(type);
        await RefusedOrRightAsync(
            [
                .. chain.Archives[..point],
                (await TestArchive.OfAsync(chain.Archives[point])).WithHeader(HostileChanges.OfHeader(name)).Pack(),
            ],
            points[point]
        );
    }

    [Theory]
    [InlineData(BackupType.Backup)]
    [InlineData(BackupType.Snapshot)]
    public async Task A_manifest_or_header_with_missing_fields_is_refused_or_read_correctly(BackupType type)
    {
        var (chain, points) = await SmallChainAsync(type);
        foreach (
            var (point, find) in from point in (int[])[0, 1]
            from find in (Func<JsonNode, JsonNode?>[])
                [m => m, HostileChanges.Item, HostileChanges.Part, m => HostileChanges.Item(m)["pageMap"]]
            select (point, find)
        )
        {
            var names = new List<string>();
            (await TestArchive.OfAsync(chain.Archives[point])).WithManifest(m =>
                names.AddRange(find(m)?.AsObject().Select(p => p.Key) ?? [])
            );
            foreach (var name in names)
            {
                await RefusedOrRightAsync(
                    [
                        .. chain.Archives[..point],
                        (await TestArchive.OfAsync(chain.Archives[point])).WithManifest(m => find(m)!.AsObject().Remove(name)).Pack(),
                    ],
                    points[point]
                );
            }
        }

        foreach (
            var name in (string[])
                [
                    "format",
                    "id",
                    "chain",
                    "parent",
                    "database",
                    "databaseEncrypted",
                    "engine",
                    "engineVersion",
                    "type",
                    "kind",
                    "node",
                    "epoch",
                    "startTime",
                ]
        )
        {
            await RefusedOrRightAsync(
                [chain.Archives[0], (await TestArchive.OfAsync(chain.Archives[1])).WithHeader(h => h.AsObject().Remove(name)).Pack()],
                points[1]
            );
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"format":1,"manifest":null}""")]
    [InlineData("""{"format":1,"manifest":{"length":9223372036854775807,"sha256":"","archive":0,"offset":0}}""")]
    [InlineData("""{"format":1,"manifest":{"length":10,"sha256":"","archive":0,"offset":9223372036854775807}}""")]
    [InlineData("""{"format":1,"manifest":{"length":10,"sha256":"","archive":0,"offset":9223372036854775800}}""")]
    [InlineData("""{"format":1,"manifest":{"length":10,"sha256":"","archive":0,"offset":-5}}""")]
    [InlineData("""{"format":1,"manifest":{"length":-10,"sha256":"","archive":0,"offset":5}}""")]
    [InlineData("""{"format":1,"manifest":{"length":10,"sha256":"","archive":3,"offset":0}}""")]
    [InlineData("""{"format":1,"manifest":{"length":10,"sha256":null,"archive":0,"offset":0}}""")]
    [InlineData("\ufeff\u0000")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public async Task A_hostile_index_json_is_refused(string json)
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        var archive = await TestArchive.OfAsync(chain.Archives[0]);
        archive.Index = Encoding.UTF8.GetBytes(json);
        await RefusedAsync(archive.Pack());
    }

    [Fact]
    public async Task A_manifest_of_broken_UTF8_or_deep_JSON_is_refused()
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        foreach (
            var manifest in (byte[][])
                [
                    [0xFF, 0xFE, 0xC0],
                    [.. "{\"id\":\""u8, 0xC3, 0x28, .. "\"}"u8],
                    [.. "{\""u8, 0xED, 0xA0, 0x80, .. "\":1}"u8],
                    Encoding.ASCII.GetBytes(new string('[', 100_000)),
                    "{\"id\":1,\"id\":\"2\"}"u8.ToArray(),
                ]
        )
        {
            var archive = await TestArchive.OfAsync(chain.Archives[0]);
            archive.Manifest = manifest;
            await RefusedAsync(archive.Pack());
        }
    }

    [Theory]
    [InlineData("../evil", "00000000004\0", '0', "", "")]
    [InlineData("/etc/passwd", "00000000004\0", '0', "", "")]
    [InlineData("dump.sql.000002", "00000000004\0", '0', "", "../..")]
    [InlineData("dump.sql.000002", "00000000000\0", '2', "/etc/passwd", "")]
    [InlineData("dump.sql.000002", "00000000000\0", '1', "holdfast.json", "")]
    [InlineData("dump.sql.000002", "00000000000\0", '5', "", "")]
    [InlineData("dump.sql.000002", "00000000000\0", '3', "", "")]
    [InlineData("dump.sql.000002", "00000000000\0", '6', "", "")]
    [InlineData("dump.sql.000002", "77777777777\0", '0', "", "")]
    [InlineData("dump.sql.000002", "777777777777", '0', "", "")]
    [InlineData("dump.sql.000002", "-0000000001\0", '0', "", "")]
    [InlineData("dump.sql.000002", "00000000004\0", 'L', "", "")]
    [InlineData("dump.sql.000002", "00000000004\0", 'x', "", "")]
    [InlineData("dump.sql.000002", "77777777777\0", 'x', "", "")]
    [InlineData("dump.sql.000002", "00000000004\0", 'g', "", "")]
    [InlineData("dump.sql.000002", "00000000004\0", '0', "", "")]
    [InlineData("extra", "00000000000\0", '0', "", "")]
    [InlineData("", "00000000004\0", '0', "", "")]
    [InlineData("manifest.json", "00000000004\0", '0', "", "")]
    [InlineData("holdfast.json", "00000000004\0", '0', "", "")]
    public async Task An_entry_that_is_not_in_the_manifest_is_refused(string name, string size, char type, string link, string prefix)
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        var archive = await TestArchive.OfAsync(chain.Archives[0]);
        byte[] content = [1, 2, 3, 4, .. new byte[TarFormat.Block - 4]];
        archive.Frames.Add([.. TestArchive.RawHeader(name, size, type, link, prefix), .. content]);
        var failure = await Damage.VerifyAsync(archive.Pack(), AgeKeys.None);
        Assert.Contains(failure?.Error, Damage.ValidErrors);
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("4\n19 size=5")]
    public async Task An_invalid_PAX_size_is_refused(string size)
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        foreach (var name in (string[])["dump.sql.000002", "index.json", "holdfast.json"])
        {
            var archive = await TestArchive.OfAsync(chain.Archives[0]);
            var record = Encoding.ASCII.GetBytes($"{size.Length + 9} size={size}\n");
            byte[] entry =
            [
                .. TestArchive.RawHeader("pax", Convert.ToString(record.Length, 8).PadLeft(11, '0') + "\0", 'x'),
                .. record,
                .. new byte[TarFormat.Block - record.Length],
                .. TestArchive.RawHeader(name, "00000000000\0"),
            ];
            archive.Frames.Add(entry);
            Assert.Contains((await Damage.VerifyAsync(archive.Pack(), AgeKeys.None))?.Error, Damage.ValidErrors);
            Assert.Contains((await Damage.VerifyAsync(ArchivePacker.PackFrames([entry, entry]), AgeKeys.None))?.Error, Damage.ValidErrors);
        }
    }

    [Fact]
    public async Task Bytes_after_the_end_of_the_tar_stream_are_refused()
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        var archive = await TestArchive.OfAsync(chain.Archives[0]);
        var manifest = archive.Manifest;
        var whole = archive.Pack();
        await using var reader = await ArchiveReader.OpenAsync(
            new MemorySource(whole),
            AgeKeys.None,
            TestContext.Current.CancellationToken
        );
        var (offset, length) = reader.Frames.Table.Content(reader.Frames.Table.Count - 1);
        var last = new byte[length];
        await reader.Frames.ReadAsync(offset, last, TestContext.Current.CancellationToken);
        foreach (
            var behind in (byte[][])
                [
                    [1],
                    new byte[1],
                    new byte[TarFormat.Block],
                    ArchivePacker.Entry("more", [1, 2, 3]),
                ]
        )
        {
            Assert.Contains(
                (
                    await Damage.VerifyAsync(
                        ArchivePacker.PackFrames([.. archive.Frames, ArchivePacker.Entry("manifest.json", manifest), [.. last, .. behind]]),
                        AgeKeys.None
                    )
                )?.Error,
                Damage.ValidErrors
            );
        }
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData((8u << 20) + 1)]
    [InlineData(8u << 20)]
    [InlineData(1u << 31)]
    public async Task A_frame_with_a_huge_declared_size_is_refused(uint content)
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        var whole = chain.Archives[0];
        await using var reader = await ArchiveReader.OpenAsync(
            new MemorySource(whole),
            AgeKeys.None,
            TestContext.Current.CancellationToken
        );
        var table = reader.Frames.Table;
        var frames = Enumerable.Range(0, table.Count).Select(i => ((uint)table.Stored(i).Length, (uint)table.Content(i).Length)).ToList();
        foreach (var i in (int[])[0, frames.Count - 1])
        {
            var hostile = new List<(uint, uint)>(frames) { [i] = (frames[i].Item1, content) };
            await RefusedAsync(ArchivePacker.PackTable(whole[..(int)table.StoredLength], hostile));
        }
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(uint.MaxValue - 1)]
    [InlineData(1u << 31)]
    [InlineData(0u)]
    [InlineData(1u)]
    public async Task A_seek_table_with_an_impossible_number_of_frames_is_refused(uint count)
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        var hostile = (byte[])chain.Archives[0].Clone();
        BinaryPrimitives.WriteUInt32LittleEndian(hostile.AsSpan(hostile.Length - SeekTable.FooterBytes), count);
        await RefusedAsync(hostile);
        // The same in a file that is large enough for such a table.
        Assert.Contains(
            (
                await Damage.FaultOfAsync(async token =>
                    await ArchiveReader.OpenAsync(
                        new SparseSource(hostile[..4], hostile[^SeekTable.FooterBytes..], 1L << 40),
                        AgeKeys.None,
                        token
                    )
                )
            )?.Error,
            Damage.ValidErrors
        );
    }

    [Fact]
    public async Task Archives_with_cyclic_parents_are_refused()
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        var (first, second) = (chain.Ids[0], chain.Ids[1]);
        var looped = (await TestArchive.OfAsync(chain.Archives[1])).WithHeader(h => h["chain"] = first).Pack();
        var other = (await TestArchive.OfAsync(chain.Archives[1]))
            .WithHeader(h => (h["id"], h["parent"], h["chain"]) = (first, second, first))
            .WithManifest(m => (m["id"], m["archives"]) = (first, new JsonArray(first, second)))
            .Pack();
        var failure = (await Damage.ReadAsync([chain.Archives[0], looped, other], AgeKeys.None)).Failure;
        Assert.Contains(failure?.Error, (Error?[])[.. Damage.ValidErrors, ErrorCatalog.ChainIncomplete]);
    }

    [Fact]
    public async Task A_parent_of_another_chain_or_database_is_refused()
    {
        var (chain, _) = await SmallChainAsync(BackupType.Backup);
        var parent = await TestArchive.OfAsync(chain.Archives[0]);
        var failure = (
            await Damage.ReadAsync([parent.WithHeader(h => h["database"] = "local/tess").Pack(), chain.Archives[1]], AgeKeys.None)
        ).Failure;
        Assert.Equal(ErrorCatalog.Refused, failure?.Error);
        Assert.Equal(ErrorCatalog.ChainIncomplete, (await Damage.ReadAsync([chain.Archives[1]], AgeKeys.None)).Failure?.Error);
    }

    [Fact]
    public async Task A_page_map_that_does_not_match_the_stored_pages_is_refused()
    {
        var (chain, points) = await SmallChainAsync(BackupType.Snapshot);
        foreach (var map in (byte[])[0x00, 0x01, 0x7F, 0xFF])
        {
            var archive = await TestArchive.OfAsync(chain.Archives[1]);
            archive.WithManifest(m =>
            {
                var part = HostileChanges.Item(m)["pageMap"]!;
                SetByte(archive.Frames, part["offset"]!.GetValue<long>(), map);
                part["sha256"] = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData([map]));
            });
            await RefusedOrRightAsync([chain.Archives[0], archive.Pack()], points[1]);
        }
    }

    private static void SetByte(IEnumerable<byte[]> frames, long offset, byte value)
    {
        foreach (var frame in frames)
        {
            if (offset < frame.Length)
            {
                frame[offset] = value;
                return;
            }

            offset -= frame.Length;
        }
    }

    private static async Task RefusedAsync(byte[] archive)
    {
        Assert.Contains((await Damage.VerifyAsync(archive, AgeKeys.None))?.Error, Damage.ValidErrors);
        Assert.Contains((await Damage.ReadAsync([archive], AgeKeys.None)).Failure?.Error, Damage.ValidErrors);
    }

    private static async Task RefusedOrRightAsync(byte[][] archives, byte[] expected)
    {
        var verified = await Damage.VerifyAsync(archives[^1], AgeKeys.None);
        if (verified is not null)
        {
            Assert.Contains(verified.Error, Damage.ValidErrors);
        }
        var (failure, content) = await Damage.ReadAsync(archives, AgeKeys.None);
        if (failure is not null)
        {
            Assert.Contains(failure.Error, (Error[])[.. Damage.ValidErrors, ErrorCatalog.ChainIncomplete]);
        }
        else
        {
            Assert.Equal(expected, content);
        }
    }

    private static async Task<(Chain Chain, List<byte[]> Points)> SmallChainAsync(BackupType type)
    {
        var chain = new Chain(type);
        var first = new byte[7 * PageSize];
        new Random(5).NextBytes(first);
        byte[] second = [.. first, .. new byte[PageSize]];
        second[PageSize]++;
        await chain.AddAsync(type, first, PageSize);
        await chain.AddAsync(type, second, PageSize);
        return (chain, [first, second]);
    }

    /// <summary>A large file of zeros with a beginning and an end.</summary>
    private sealed class SparseSource(byte[] start, byte[] end, long length) : IByteSource
    {
        public string Name => "sparse";

        public long Length => length;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            buffer.Span.Clear();
            if (offset == 0)
            {
                start.CopyTo(buffer);
            }
            if (offset + buffer.Length == length)
            {
                end.CopyTo(buffer[^end.Length..]);
            }
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
