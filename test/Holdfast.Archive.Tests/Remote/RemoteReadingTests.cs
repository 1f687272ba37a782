using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Index;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Remote;
using Holdfast.Archive.Tests.Archives;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Remote;

/// <summary>What reading archives of a remote destination costs, and what happens when a copy is damaged.</summary>
public sealed class RemoteReadingTests
{
    private const int PageSize = 4096;
    private const int Size = 24 << 20;

    private static readonly AgeIdentity Identity = AgeIdentity.Generate();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(BackupType.Snapshot, false)]
    [InlineData(BackupType.Snapshot, true)]
    [InlineData(BackupType.Backup, false)]
    [InlineData(BackupType.Backup, true)]
    public async Task Opening_an_archive_takes_at_most_three_requests(BackupType type, bool isEncrypted)
    {
        var chain = CreateChain(type, isEncrypted);
        await chain.AddAsync(type, Bytes(Size), PageSize);
        var source = new RemoteSource("archive", chain.Archives[0]);
        await using var archive = await ArchiveReader.OpenAsync(source, chain.Keys, Token);
        Assert.InRange(source.Requests, 2, 3);
    }

    [Theory]
    [InlineData(BackupType.Snapshot, false)]
    [InlineData(BackupType.Snapshot, true)]
    [InlineData(BackupType.Backup, false)]
    [InlineData(BackupType.Backup, true)]
    public async Task A_restore_fetches_large_ranges_several_at_once(BackupType type, bool isEncrypted)
    {
        var chain = CreateChain(type, isEncrypted);
        var content = Bytes(Size);
        await chain.AddAsync(type, content, PageSize);
        var source = new RemoteSource("archive", chain.Archives[0]);
        var archive = await ArchiveReader.OpenAsync(source, chain.Keys, Token);
        var opened = source.Requests;
        await using var reader = ChainReader.Join(archive, [], 2);
        Assert.Equal(content, await ReadAsync(reader));
        Assert.InRange(source.Requests - opened, Size / ReadAhead.RangeBytes, (Size / ReadAhead.RangeBytes) + 3);
        Assert.InRange(source.BytesRead, Size, Size * 1.15);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Verification_fetches_large_ranges(bool isEncrypted)
    {
        var chain = CreateChain(BackupType.Snapshot, isEncrypted);
        await chain.AddImageAsync(Bytes(Size), PageSize);
        var source = new RemoteSource("archive", chain.Archives[0]);
        await using var archive = await ArchiveReader.OpenAsync(source, chain.Keys, Token);
        await ArchiveVerifier.VerifyAsync(archive, 2, null, Token);
        Assert.InRange(source.Requests, 3, (Size / ReadAhead.RangeBytes) + 6);
    }

    [Theory]
    [InlineData(BackupType.Snapshot, false)]
    [InlineData(BackupType.Snapshot, true)]
    [InlineData(BackupType.Backup, false)]
    [InlineData(BackupType.Backup, true)]
    public async Task What_later_archives_replace_is_not_fetched(BackupType type, bool isEncrypted)
    {
        var chain = CreateChain(type, isEncrypted);
        var content = Bytes(Size);
        await chain.AddAsync(type, content, PageSize);
        new Random(2).NextBytes(content.AsSpan(2 << 20, 20 << 20)); // all but the ends
        await chain.AddAsync(type, content, PageSize);
        var (full, incremental) = (new RemoteSource("full", chain.Archives[0]), new RemoteSource("incremental", chain.Archives[1]));
        var archives = new List<ArchiveReader>
        {
            await ArchiveReader.OpenAsync(full, chain.Keys, Token),
            await ArchiveReader.OpenAsync(incremental, chain.Keys, Token),
        };
        await using var reader = ChainReader.Join(archives[1], archives, 2);
        Assert.Equal(content, await ReadAsync(reader));
        Assert.InRange(full.BytesRead, 3 << 20, 7 << 20);
        Assert.InRange(incremental.BytesRead, 20 << 20, 24 << 20);
        Assert.InRange(full.Requests + incremental.Requests, 6, 16);
    }

    [Fact]
    public async Task Many_changed_runs_are_fetched_together_with_what_is_between_them()
    {
        var chain = CreateChain(BackupType.Snapshot, isEncrypted: false);
        var content = Bytes(Size);
        await chain.AddImageAsync(content, PageSize);
        for (var at = 0; at < Size; at += 16 * PageSize)
        {
            content[at]++;
        }
        await chain.AddImageAsync(content, PageSize);
        var (full, incremental) = (new RemoteSource("full", chain.Archives[0]), new RemoteSource("incremental", chain.Archives[1]));
        var archives = new List<ArchiveReader>
        {
            await ArchiveReader.OpenAsync(full, chain.Keys, Token),
            await ArchiveReader.OpenAsync(incremental, chain.Keys, Token),
        };
        await using var reader = ChainReader.Join(archives[1], archives, 2);
        Assert.Equal(content, await ReadAsync(reader));
        Assert.InRange(full.Requests + incremental.Requests, 6, 16);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_index_is_read_by_larger_ranges(bool isEncrypted)
    {
        const int Pages = 150_000; // 2.4 MB of tags
        var chain = CreateChain(BackupType.Snapshot, isEncrypted);
        await chain.AddImageAsync(new byte[Pages * 512], 512);
        var source = new RemoteSource("index", chain.Indexes[0]);
        await using var index = await IndexReader.OpenAsync(source, chain.Keys, Token);
        var tags = 0;
        await foreach (var block in index.BlocksAsync(IndexFormat.Block.Pages, Token))
        {
            tags += (block.Length - IndexFormat.PagesPrefixBytes) / Tagger.TagBytes;
        }
        Assert.Equal(Pages, tags);
        Assert.InRange(source.Requests, 4, 9);
    }

    [Theory]
    [InlineData(BackupType.Snapshot, false)]
    [InlineData(BackupType.Snapshot, true)]
    [InlineData(BackupType.Backup, false)]
    [InlineData(BackupType.Backup, true)]
    public async Task Damaged_bytes_are_read_from_another_copy(BackupType type, bool isEncrypted)
    {
        var chain = CreateChain(type, isEncrypted);
        var content = Bytes(Size);
        await chain.AddAsync(type, content, PageSize);
        var damaged = chain.Archives[0].ToArray();
        damaged[Size / 2]++;
        damaged[Size * 3 / 4]++;
        var source = new RemoteSource("archive", damaged, chain.Archives[0]);
        var archive = await ArchiveReader.OpenAsync(source, chain.Keys, Token);
        await using var reader = ChainReader.Join(archive, [], 2);
        Assert.Equal(content, await ReadAsync(reader));
        Assert.Equal(1, source.Copy);
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async Task Damage_in_all_copies_is_an_error(BackupType type)
    {
        var chain = CreateChain(type, isEncrypted: false);
        await chain.AddAsync(type, Bytes(Size), PageSize);
        byte[] first = [.. chain.Archives[0]],
            second = [.. chain.Archives[0]];
        first[Size / 2]++;
        second[Size / 2]++;
        var archive = await ArchiveReader.OpenAsync(new RemoteSource("archive", first, second), chain.Keys, Token);
        await using var reader = ChainReader.Join(archive, [], 2);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => ReadAsync(reader));
        Assert.Equal(ErrorCatalog.Corrupt, failure.Error);
    }

    private static Chain CreateChain(BackupType type, bool isEncrypted) =>
        isEncrypted ? new(type, AgeProtection.ToRecipients([Identity.Recipient]), AgeKeys.None.Add(Identity)) : new(type);

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> ReadAsync(ChainReader reader)
    {
        var item = reader.Items[0];
        if (item.PageSize > 0)
        {
            var image = new MemoryImage(item.PageSize, []);
            await reader.CopyImageAsync(item.Name, image, Token);
            return image.Bytes;
        }
        using var bytes = new MemoryStream();
        await reader.CopyStreamAsync(item.Name, (part, t) => bytes.WriteAsync(part, t), Token);
        return bytes.ToArray();
    }
}
