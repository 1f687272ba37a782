using CsCheck;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(512, 0)]
    [InlineData(512, 1)]
    [InlineData(4096, 100)]
    [InlineData(4096, 700)]
    [InlineData(65536, 40)]
    public async Task An_image_is_restored_at_every_point_of_its_chain(int pageSize, int pages)
    {
        var random = new Random(pages);
        var chain = new Chain(BackupType.Snapshot);
        var points = new List<byte[]>();
        var image = new byte[pageSize * pages];
        random.NextBytes(image);
        for (var point = 0; point < 20; point++)
        {
            points.Add([.. image]);
            await chain.AddImageAsync(image, pageSize);
            Array.Resize(ref image, Math.Max(0, image.Length + (random.Next(-3, 5) * pageSize)));
            for (var i = 0; i < image.Length / pageSize / 10; i++)
            {
                image[random.Next(image.Length)]++;
            }
        }

        for (var point = 0; point < points.Count; point++)
        {
            Assert.Equal(points[point], await chain.ReadImageAsync(point));
            await chain.VerifyAsync(point);
        }
    }

    [Fact]
    public async Task A_changed_page_size_stores_all_pages_again()
    {
        var chain = new Chain(BackupType.Snapshot);
        var image = new byte[1 << 16];
        new Random(1).NextBytes(image);
        await chain.AddImageAsync(image, 4096);
        var summary = await chain.AddImageAsync(image, 8192);
        Assert.Equal(image.Length, summary.OwnBytes);
        image[5]++;
        await chain.AddImageAsync(image, 8192);
        Assert.Equal(image, await chain.ReadImageAsync(2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    [InlineData(5_000_000)]
    public async Task A_stream_is_restored_at_every_point_of_its_chain(int length)
    {
        var random = new Random(length);
        var chain = new Chain(BackupType.Backup);
        var points = new List<byte[]>();
        var stream = new byte[length];
        random.NextBytes(stream);
        for (var point = 0; point < 6; point++)
        {
            points.Add([.. stream]);
            await chain.AddStreamAsync(stream);
            var insert = new byte[random.Next(2000)];
            random.NextBytes(insert);
            var at = random.Next(stream.Length + 1);
            stream = [.. stream[..at], .. insert, .. stream[at..]];
        }

        for (var point = 0; point < points.Count; point++)
        {
            Assert.Equal(points[point], await chain.ReadStreamAsync(point));
            await chain.VerifyAsync(point);
        }
    }

    [Fact]
    public async Task An_insertion_stores_only_the_parts_around_it()
    {
        var chain = new Chain(BackupType.Backup);
        var stream = new byte[8_000_000];
        new Random(7).NextBytes(stream);
        await chain.AddStreamAsync(stream);
        var summary = await chain.AddStreamAsync([.. stream[..4_000_000], 1, 2, 3, .. stream[4_000_000..]], step: 777);
        Assert.InRange(summary.OwnBytes, 1, 3 * 128 * 1024);
        Assert.False(summary.IsUnchanged);
    }

    [Fact]
    public async Task Unchanged_contents_are_detected_and_need_no_archive()
    {
        var image = new byte[50 * 4096];
        new Random(3).NextBytes(image);
        var images = new Chain(BackupType.Snapshot);
        await images.AddImageAsync(image, 4096);
        Assert.True((await images.AddImageAsync(image, 4096)).IsUnchanged);
        var streams = new Chain(BackupType.Backup);
        await streams.AddStreamAsync(image);
        Assert.True((await streams.AddStreamAsync(image, 3)).IsUnchanged);
        // Removed rows add no part, but still count as a change.
        Assert.False((await streams.AddStreamAsync([])).IsUnchanged);
    }

    [Fact]
    public async Task An_encrypted_chain_is_written_to_a_recipient_and_read_with_the_key()
    {
        var identity = AgeIdentity.Generate();
        var chain = new Chain(BackupType.Snapshot, AgeProtection.ToRecipients([identity.Recipient]), AgeKeys.None.Add(identity));
        var image = new byte[3_000_320 / 4096 * 4096];
        new Random(5).NextBytes(image);
        await chain.AddImageAsync(image, 4096);
        image[100_000]++;
        await chain.AddImageAsync(image, 4096);
        Assert.Equal(image, await chain.ReadImageAsync(1));
        await chain.VerifyAsync(0);
        await chain.VerifyAsync(1);
    }

    [Fact]
    public async Task One_item_is_read_without_reading_the_others()
    {
        var chain = new Chain(BackupType.Snapshot);
        var (large, small) = (new byte[16 << 20], new byte[8192]);
        new Random(2).NextBytes(large);
        new Random(4).NextBytes(small);
        await chain.AddAsync(
            async (writer, token) =>
            {
                await writer.WriteImageAsync("a", new MemoryImage(4096, large), token);
                await writer.WriteImageAsync("b", new MemoryImage(4096, small), token);
            },
            large.Length
        );
        await using var source = new MemorySource(chain.Archives[0]);
        await using var reader = Reading.ChainReader.Join(
            await Reading.ArchiveReader.OpenAsync(source, AgeKeys.None, TestContext.Current.CancellationToken),
            [],
            2
        );
        var target = new MemoryImage(4096, []);
        await reader.CopyImageAsync("b", target, TestContext.Current.CancellationToken);
        Assert.Equal(small, target.Bytes);
        Assert.InRange(source.BytesRead, 1, 100_000);
    }

    [Fact]
    public async Task Two_images_of_one_archive_are_not_confused()
    {
        var chain = new Chain(BackupType.Snapshot);
        var (first, second) = (new byte[8 * 4096], new byte[8 * 4096]);
        new Random(6).NextBytes(first);
        for (var point = 0; point < 3; point++)
        {
            if (point > 0)
            {
                first.AsSpan(point * 4096, 4096).Clear(); // like the same page of the other image
            }
            await chain.AddAsync(
                async (writer, token) =>
                {
                    foreach (var (name, image) in point == 1 ? new[] { ("a", first), ("b", second) } : [("b", second), ("a", first)])
                    {
                        await writer.WriteImageAsync(name, new MemoryImage(4096, image), token);
                    }
                },
                first.Length
            );
            await using var reader = await chain.OpenAsync(point);
            var target = new MemoryImage(4096, []);
            await reader.CopyImageAsync("a", target, TestContext.Current.CancellationToken);
            Assert.Equal(first, target.Bytes);
        }
    }

    [Fact]
    public void Any_image_with_any_edits_is_restored() =>
        Gen.Select(Gen.Int[9, 16], Gen.Int[0, 30], Gen.Int)
            .Sample(
                (bits, pages, seed) =>
                {
                    var random = new Random(seed);
                    var chain = new Chain(BackupType.Snapshot);
                    var image = new byte[pages << bits];
                    random.NextBytes(image);
                    for (var point = 0; point < 4; point++)
                    {
                        chain.AddImageAsync(image, 1 << bits).GetAwaiter().GetResult();
                        if (!chain.ReadImageAsync(point).GetAwaiter().GetResult().AsSpan().SequenceEqual(image))
                        {
                            return false;
                        }
                        Array.Resize(ref image, random.Next(0, 40) << bits);
                        for (var i = 0; i < random.Next(5) && image.Length > 0; i++)
                        {
                            image[random.Next(image.Length)]++;
                        }
                    }

                    return true;
                },
                iter: 50
            );
}
