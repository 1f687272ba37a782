using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Holdfast.Archive.Age;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Tar;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>Checks of the streams of a chain during verification.</summary>
public sealed class StreamCheckTests
{
    private const int MeanPart = 64 << 10; // of streams as short as these

    private readonly List<string> _lines = [.. Enumerable.Range(0, 3_000).Select(Text)];

    [Fact]
    public async Task A_full_archive_is_checked_once_from_start_to_end()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        var taken = new Counter();
        Assert.Equal([null], await VerifyAsync(chain, taken));
        Assert.Equal(Stream(_lines).Length, taken.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_500)]
    [InlineData(2_999)]
    public async Task A_refusal_in_a_full_archive_is_reported(int at)
    {
        _lines[at] = "!" + _lines[at];
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        Assert.Equal([Refusal(_lines)], await VerifyAsync(chain));
        Assert.Contains($"Line {at + 1} of the stream", Refusal(_lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_in_an_incremental_is_reported_for_every_point_that_has_it()
    {
        var chain = new Chain(BackupType.Backup);
        List<string?> expected = [];
        foreach (var line in (string[])["good", "!bad", "!bad", "good again"])
        {
            _lines[1_500] = line;
            _lines[2_900] = $"changes with point {expected.Count}";
            await chain.AddStreamAsync(Stream(_lines));
            expected.Add(Refusal(_lines));
        }

        Assert.Equal([false, true, true, false], expected.Select(e => e is not null));
        Assert.Equal(expected, await VerifyAsync(chain));
    }

    [Fact]
    public async Task A_refusal_in_a_full_archive_that_no_later_point_has_is_reported()
    {
        _lines[10] = "!bad";
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        var expected = Refusal(_lines);
        _lines[10] = "good";
        await chain.AddStreamAsync(Stream(_lines));
        Assert.Equal([expected, null], await VerifyAsync(chain));
    }

    [Fact]
    public async Task A_refusal_caused_by_the_context_of_accepted_parts_is_reported()
    {
        _lines[20] = "=ask";
        _lines[2_000] = "?";
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        _lines[20] = "=tell"; // the part with the question is not stored again
        await chain.AddStreamAsync(Stream(_lines));
        Assert.Equal([null, Refusal(_lines)], await VerifyAsync(chain));
        Assert.Contains("Line 2001 ", Refusal(_lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checking_a_long_chain_reads_little_more_than_its_bytes()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        for (var i = 0; i < 30; i++)
        {
            _lines[(i * 97) + 40] = $"changed in {i}";
            await chain.AddStreamAsync(Stream(_lines));
        }

        var (taken, again) = (new Counter(), new Counter());
        Assert.All(await VerifyAsync(chain, taken, again), Assert.Null);
        // the archives around a change, not all 45
        Assert.InRange(taken.Value, Stream(_lines).Length, Stream(_lines).Length + (30 * 8 * MeanPart));
        Assert.InRange(again.Value, 1, 30L * 5 * (1 << 20)); // the frames of those parts, and the reads that open an archive
    }

    [Fact]
    public async Task A_refusal_at_the_end_does_not_cause_a_full_check_of_each_point()
    {
        _lines[^1] = "!bad";
        var chain = new Chain(BackupType.Backup);
        for (var i = 0; i < 10; i++)
        {
            _lines[i * 200] = $"changed in {i}";
            await chain.AddStreamAsync(Stream(_lines));
        }

        var taken = new Counter();
        Assert.All(await VerifyAsync(chain, taken), Assert.NotNull);
        Assert.InRange(taken.Value, Stream(_lines).Length, Stream(_lines).Length + (10 * 10 * MeanPart));
    }

    [Fact]
    public async Task Each_archive_with_needed_parts_is_reopened_once()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        for (var i = 0; i < 24; i++)
        {
            for (var line = (i % 12) * 20; line < _lines.Count; line += 240)
            {
                _lines[line] = $"changed in {i}";
            }
            await chain.AddStreamAsync(Stream(_lines));
        }

        var opened = new Dictionary<byte[], int>();
        Assert.All(await VerifyAsync(chain, reopen: bytes =>
            {
                opened[bytes] = opened.GetValueOrDefault(bytes) + 1;
                return bytes;
            }), Assert.Null);
        Assert.True(opened.Count > 12);
        Assert.All(opened.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Parts_of_an_encrypted_chain_are_reread()
    {
        var key = AgeIdentity.Generate();
        var chain = new Chain(BackupType.Backup, AgeProtection.ToRecipients([key.Recipient]), AgeKeys.None.Add(key));
        await chain.AddStreamAsync(Stream(_lines));
        _lines[1_000] = "!bad";
        await chain.AddStreamAsync(Stream(_lines));
        Assert.Equal([null, Refusal(_lines)], await VerifyAsync(chain));
    }

    [Fact]
    public async Task Parts_stored_in_another_order_are_checked_in_stream_order()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        var archive = await TestArchive.OfAsync(chain.Archives[0]);
        var manifest = JsonNode.Parse(archive.Manifest)!;
        var parts = manifest["items"]![0]!["parts"]!.AsArray();
        var (first, second) = (parts[0]!.DeepClone(), parts[1]!.DeepClone());
        (parts[0], parts[1]) = (second.DeepClone(), first.DeepClone());
        archive.Manifest = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        Rename(archive, first, 2);
        Rename(archive, second, 1);
        var forged = new Chain(BackupType.Backup);
        forged.Archives.Add(archive.Pack());
        var stream = await forged.ReadStreamAsync(0);
        Assert.NotEqual(Stream(_lines), stream);
        var half = Encoding.UTF8.GetString(stream).Split('\n')[0];
        Assert.Equal([null], await VerifyAsync(forged));
        Assert.Equal([$"The first line is '{half}'."], await VerifyAsync(forged, createCheck: () => new FirstLine()));
    }

    [Fact]
    public async Task Excessive_repetition_of_parts_is_refused_without_a_check()
    {
        var stream = new byte[60_000];
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(stream);
        await chain.AddStreamAsync(stream);
        var archive = (await TestArchive.OfAsync(chain.Archives[1])).WithManifest(manifest =>
        {
            var item = manifest["items"]![0]!;
            var part = item["parts"]![0]!;
            var count = 3 * ChainValidator.FreeRepetitionBytes / stream.Length;
            for (var i = 1; i < count; i++)
            {
                item["parts"]!.AsArray().Add(part.DeepClone());
            }
            item["length"] = count * stream.Length;
        });
        chain.Archives[1] = archive.Pack();
        var taken = new Counter();
        var refusals = await VerifyAsync(chain, createCheck: () => new WithoutMarks(taken));
        Assert.Null(refusals[0]);
        Assert.Contains("by repeating the same parts", refusals[1], StringComparison.Ordinal);
        Assert.Equal(stream.Length, taken.Value);
    }

    [Fact]
    public async Task A_stream_with_missing_parts_is_not_checked()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        _lines[1_500] = "!bad";
        await chain.AddStreamAsync(Stream(_lines));
        chain.Archives.RemoveAt(0);
        Assert.Equal([null], await VerifyAsync(chain)); // the chain rules report that
    }

    [Fact]
    public async Task Damage_to_an_older_archive_is_no_fault_of_the_newer_one()
    {
        var chain = new Chain(BackupType.Backup);
        await chain.AddStreamAsync(Stream(_lines));
        _lines[1_500] = "changed";
        await chain.AddStreamAsync(Stream(_lines));
        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            VerifyAsync(chain, reopen: bytes => [.. bytes.Select((b, i) => i > 1_000 && i < bytes.Length - 10_000 ? (byte)~b : b)])
        );
        Assert.Equal(ErrorCatalog.ChainIncomplete, failure.Error);
        Assert.Contains("builds on an archive that is not intact: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_are_not_checked()
    {
        var chain = new Chain(BackupType.Snapshot);
        await chain.AddImageAsync(new byte[100 * 4096], 4096);
        await VerifyAsync(chain, createCheck: () => throw new NotSupportedException());
    }

    [Fact]
    public Task Any_chain_has_the_same_result_as_its_complete_streams() =>
        Gen.Select(Gen.Int, Gen.Int[2, 7])
            .SampleAsync(
                async (seed, points) =>
                {
                    var random = new Random(seed);
                    var lines = Enumerable.Range(0, random.Next(100, 1_500)).Select(i => Any(random, i)).ToList();
                    var versions = new List<List<string>>();
                    var chain = new Chain(BackupType.Backup);
                    for (var point = 0; point < points; point++)
                    {
                        if (point > 0 && random.Next(5) == 0)
                        {
                            lines = [.. versions[random.Next(versions.Count)]];
                        }
                        for (var edits = random.Next(4); point > 0 && edits > 0; edits--)
                        {
                            Change(random, lines);
                        }
                        versions.Add([.. lines]);
                        await chain.AddStreamAsync(Stream(lines, hasEnd: random.Next(20) > 0));
                    }

                    List<string?> expected = [];
                    for (var point = 0; point < points; point++)
                    {
                        expected.Add(Refusal(await chain.ReadStreamAsync(point)));
                    }
                    Assert.Equal(expected, await VerifyAsync(chain));
                },
                iter: Testing.Soak.IsOn ? 500 : 40,
                threads: 2
            );

    private static void Change(Random random, List<string> lines)
    {
        var at = random.Next(lines.Count);
        switch (random.Next(4))
        {
            case 0:
                lines.Insert(at, Any(random, random.Next()));
                break;
            case 1 when lines.Count > 10:
                lines.RemoveRange(at, Math.Min(random.Next(1, 50), lines.Count - at - 1));
                break;
            case 2:
                lines.InsertRange(random.Next(lines.Count), lines.GetRange(at, random.Next(Math.Min(100, lines.Count - at))));
                break;
            default:
                lines[at] = Any(random, random.Next());
                break;
        }
    }

    // Few faults, and some lines longer than a part.
    private static string Any(Random random, int seed) =>
        random.Next(2_000) switch
        {
            0 => "!",
            1 => "?",
            < 5 => "=ask",
            < 9 => "=tell",
            9 when random.Next(10) == 0 => ".",
            < 12 => string.Concat(Enumerable.Range(0, random.Next(50, 300)).Select(i => Text(seed + i))),
            _ => Text(seed),
        };

    private static string Text(int seed)
    {
        var bytes = new byte[700];
        new Random(seed).NextBytes(bytes);
        return $"{seed} {Convert.ToBase64String(bytes)}";
    }

    private static byte[] Stream(IEnumerable<string> lines, bool hasEnd = true) =>
        Encoding.UTF8.GetBytes(string.Join('\n', lines) + (hasEnd ? "\n" : ""));

    private static string? Refusal(IEnumerable<string> lines) => Refusal(Stream(lines));

    private static string? Refusal(byte[] stream)
    {
        var check = new LineCheck(new());
        return Record
            .Exception(() =>
            {
                check.Process(stream);
                check.Complete();
            })
            ?.Message;
    }

    private static void Rename(TestArchive archive, JsonNode part, int number)
    {
        var at = (int)part["offset"]!.GetValue<long>() - TarFormat.Block;
        var header = TarFormat.Header(
            $"dump.sql.{number:D6}",
            part["length"]!.GetValue<long>(),
            new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero)
        );
        foreach (var frame in archive.Frames)
        {
            for (var i = Math.Max(0, at); i < Math.Min(frame.Length, at + header.Length); i++)
            {
                frame[i] = header[i - at];
            }
            at -= frame.Length;
        }
    }

    private static async Task<List<string?>> VerifyAsync(
        Chain chain,
        Counter? taken = null,
        Counter? again = null,
        Func<Items.IStreamCheck>? createCheck = null,
        Func<byte[], byte[]>? reopen = null
    )
    {
        var token = TestContext.Current.CancellationToken;
        await using var streams = new ChainStreamVerifier((_, _) => createCheck is null ? new LineCheck(taken ?? new()) : createCheck());
        List<string?> refusals = [];
        List<MemorySource> sources = [];
        foreach (var bytes in chain.Archives)
        {
            await using var archive = await ArchiveReader.OpenAsync(new MemorySource(bytes), chain.Keys, token);
            var read = await ArchiveVerifier.VerifyAsync(archive, 2, streams, token);
            Assert.True(read.TarBytes > 0);
            refusals.Add(read.Refusal?.Message);
            streams.Add(archive, chain.Keys, _ =>
            {
                sources.Add(new(reopen?.Invoke(bytes) ?? bytes));
                return Task.FromResult<Items.IByteSource>(sources[^1]);
            });
        }

        again?.Value = sources.Sum(s => s.BytesRead);
        return refusals;
    }

    // Accepts everything, and can resume only at the start: the context of each part is always new.
    private sealed class WithoutMarks(Counter taken) : Items.IStreamCheck
    {
        public Items.StreamCheckpoint? Checkpoint => new(0, 0, "");

        public void Process(ReadOnlySpan<byte> bytes) => taken.Value += bytes.Length;

        public void Complete() { }

        public void ResumeAt(Items.StreamCheckpoint mark) { }
    }

    // Refuses its input with the first line as the message.
    private sealed class FirstLine : Items.IStreamCheck
    {
        private readonly List<byte> _begin = [];

        public Items.StreamCheckpoint? Checkpoint => new(0, 0, "");

        public void Process(ReadOnlySpan<byte> bytes)
        {
            _begin.AddRange(bytes);
            if (bytes.IndexOf((byte)'\n') >= 0)
            {
                throw new HoldfastException(
                    ErrorCatalog.Refused,
                    $"The first line is '{Encoding.UTF8.GetString([.. _begin]).Split('\n')[0]}'."
                );
            }
        }

        public void Complete() { }

        public void ResumeAt(Items.StreamCheckpoint mark) => _begin.Clear();
    }
}
