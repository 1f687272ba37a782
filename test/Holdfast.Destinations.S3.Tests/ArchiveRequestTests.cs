using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Writing;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>What reading an archive costs in requests.</summary>
public sealed class ArchiveRequestTests
{
    private const int PageSize = 4096;
    private static readonly AgeIdentity Identity = AgeIdentity.Generate();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1 << 16, false)]
    [InlineData(1 << 16, true)]
    [InlineData(20 << 20, false)]
    [InlineData(20 << 20, true)]
    public async Task Opening_an_archive_takes_at_most_three_requests_and_a_restore_one_for_8_MiB(int size, bool isEncrypted)
    {
        await using var stub = await S3Stub.StartAsync();
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(stub));
        var content = Files.Bytes(size);
        await destination.PublishAsync("archive", await CreateArchiveAsync(content, isEncrypted));
        stub.ResetRequests();

        var archive = await ArchiveReader.OpenAsync(
            await destination.OpenAsync("archive", Token),
            isEncrypted ? AgeKeys.None.Add(Identity) : AgeKeys.None,
            Token
        );
        Assert.InRange(stub.Requests.Count, 1, 3);
        stub.ResetRequests();
        await using var chain = ChainReader.Join(archive, [], 2);
        var image = new Pages(new byte[size]);
        await chain.CopyImageAsync("database.sqlite", image, Token);
        Assert.Equal(content, image.Bytes);
        Assert.InRange(stub.Requests.Count, size > 1 << 20 ? 3 : 0, (size / (8 << 20)) + 2);
        Assert.DoesNotContain(stub.Requests, r => r.Headers.Range.ToString().StartsWith("bytes=-", StringComparison.Ordinal));
    }

    private static async Task<byte[]> CreateArchiveAsync(byte[] content, bool isEncrypted)
    {
        using var bytes = new MemoryStream();
        var protection = isEncrypted ? AgeProtection.ToRecipients([Identity.Recipient]) : null;
        const string Id = "00000000000000000000000000000001";
        var header = new ArchiveHeader
        {
            Id = Id,
            Chain = Id,
            Database = "local/test",
            Engine = "test",
            EngineVersion = "1",
            Type = BackupType.Snapshot,
            Kind = BackupKind.Full,
            Node = "A",
            StartTime = DateTimeOffset.UnixEpoch,
        };
        var outputs = new ArchiveOutputs
        {
            Archive = (part, token) => bytes.WriteAsync(part, token),
            Index = (_, _) => ValueTask.CompletedTask,
            ArchiveProtection = protection,
            IndexProtection = protection,
            ProtectionId = "test",
        };
        await using var writer = await ArchiveWriter.StartAsync(header, outputs, new() { Workers = 2 }, null, content.Length, null, Token);
        await writer.WriteImageAsync("database.sqlite", new Pages(content), Token);
        await writer.CompleteAsync(new Dictionary<string, string>(), [], DateTimeOffset.UnixEpoch, Token);
        return bytes.ToArray();
    }

    private sealed class Pages(byte[] bytes) : IPageImage, IPageTarget
    {
        public byte[] Bytes => bytes;

        public int PageSize => ArchiveRequestTests.PageSize;

        public long PageCount => bytes.Length / PageSize;

        public bool IsIncompressible => true;

        public void Read(long firstPage, Span<byte> pages) => bytes.AsSpan((int)firstPage * PageSize, pages.Length).CopyTo(pages);

        public void SetLength(long length) => Assert.Equal(bytes.Length, length);

        public void Write(long offset, ReadOnlySpan<byte> pages) => pages.CopyTo(bytes.AsSpan((int)offset));

        void IPageTarget.Read(long offset, Span<byte> pages) => bytes.AsSpan((int)offset, pages.Length).CopyTo(pages);
    }
}
