using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Index;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Writing;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>A synthetic image far larger than memory: 0.5 GB in the normal run, 200 GB with HOLDFAST_SOAK.</summary>
[Trait("Category", "Slow")]
[Collection(nameof(Alone))]
public sealed class LargeImageTests(ITestOutputHelper output)
{
    private const int PageSize = 4096;
    private static readonly long Bytes = (Soak.IsOn ? 200_000L : 500L) * 1_000_000 / PageSize * PageSize;

    [Fact]
    public async Task An_image_far_larger_than_memory_is_written_and_read()
    {
        var token = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
        ForgetPeakMemory(); // of the tests before this one
        try
        {
            var (full, changed) = (new SparseImage(0), new SparseImage(1));
            await WriteAsync(folder, "1", full, null, token);
            await using (var chain = await ChainIndex.OpenAsync([new FileSource(Path.Combine(folder, "1.index"))], AgeKeys.None, token))
            {
                var summary = await WriteAsync(folder, "2", changed, chain, token);
                Assert.Equal(2 * changed.Written * PageSize, summary.OwnBytes); // the pages written before are zero again
            }

            var first = await ArchiveReader.OpenAsync(new FileSource(Path.Combine(folder, "1")), AgeKeys.None, token);
            var second = await ArchiveReader.OpenAsync(new FileSource(Path.Combine(folder, "2")), AgeKeys.None, token);
            Assert.InRange(first.Index.Manifest.Length, 1, 20_000_000);
            Assert.InRange(second.Index.Manifest.Length, 1, 20_000_000);
            await using var reader = ChainReader.Join(second, [first], Environment.ProcessorCount);
            await reader.CopyImageAsync("database.sqlite", changed, token);
            var peak = PeakMemory();
            output.WriteLine(
                $"{Bytes:N0} bytes: manifests {first.Index.Manifest.Length:N0} and {second.Index.Manifest.Length:N0} bytes, "
                    + $"archive {new FileInfo(Path.Combine(folder, "1")).Length:N0}, index "
                    + $"{new FileInfo(Path.Combine(folder, "1.index")).Length:N0}, peak memory of the process {peak / (1 << 20)} MiB"
            );
            if (Soak.IsOn)
            {
                Assert.InRange(peak, 0, 300L << 20);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<ArchiveSummary> WriteAsync(
        string folder,
        string name,
        SparseImage image,
        ChainIndex? chain,
        CancellationToken token
    )
    {
        await using var archive = File.Create(Path.Combine(folder, name));
        await using var index = File.Create(Path.Combine(folder, $"{name}.index"));
        var id = $"{int.Parse(name, System.Globalization.CultureInfo.InvariantCulture):x32}";
        var header = new ArchiveHeader
        {
            Id = id,
            Chain = chain?.Newest.Chain ?? id,
            Parent = chain?.Newest.Id,
            Database = "local/large",
            Engine = "test",
            EngineVersion = "1",
            Type = BackupType.Snapshot,
            Kind = chain is null ? BackupKind.Full : BackupKind.Incremental,
            Node = "A",
            StartTime = DateTimeOffset.UnixEpoch,
        };
        var outputs = new ArchiveOutputs
        {
            Archive = (b, t) => archive.WriteAsync(b, t),
            Index = (b, t) => index.WriteAsync(b, t),
            ProtectionId = "none",
        };
        await using var writer = await ArchiveWriter.StartAsync(header, outputs, new(), chain, Bytes, null, token);
        await writer.WriteImageAsync("database.sqlite", image, token);
        return await writer.CompleteAsync(new Dictionary<string, string>(), [], DateTimeOffset.UnixEpoch, token);
    }

    private static void ForgetPeakMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        File.WriteAllText("/proc/self/clear_refs", "5"); // proc(5): VmHWM starts again
    }

    private static long PeakMemory() =>
        long.Parse(
            File.ReadLines("/proc/self/status")
                .Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            System.Globalization.CultureInfo.InvariantCulture
        ) * 1024;

    /// <summary>Zeros, except a page with its number every 100,003 pages, shifted by the generation.</summary>
    private sealed class SparseImage(int generation) : IPageImage, IPageTarget
    {
        private const long Every = 100_003;

        public long Written => (PageCount - generation - 1 + Every) / Every;

        public int PageSize => LargeImageTests.PageSize;

        public long PageCount => Bytes / PageSize;

        public bool IsIncompressible => false;

        public void Read(long firstPage, Span<byte> pages) => Fill(firstPage * PageSize, pages);

        public void SetLength(long length) => Assert.Equal(Bytes, length);

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            for (var at = 0; at < bytes.Length; at += PageSize)
            {
                var page = (offset + at) / PageSize;
                var expected = page % Every == generation ? (byte)(page / Every % 255 + 1) : 0;
                if (bytes[at] != expected || bytes.Slice(at + 1, PageSize - 1).ContainsAnyExcept((byte)0))
                {
                    throw new InvalidOperationException($"page {page} is wrong");
                }
            }
        }

        void IPageTarget.Read(long offset, Span<byte> bytes) => Fill(offset, bytes);

        private void Fill(long offset, Span<byte> bytes)
        {
            bytes.Clear();
            for (var at = 0; at < bytes.Length; at += PageSize)
            {
                var page = (offset + at) / PageSize;
                if (page % Every == generation)
                {
                    bytes[at] = (byte)(page / Every % 255 + 1);
                }
            }
        }
    }

    private sealed class FileSource(string path) : IByteSource
    {
        private readonly FileStream _file = File.OpenRead(path);

        public string Name => path;

        public long Length => _file.Length;

        public ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            for (var read = 0; read < buffer.Length; )
            {
                read += RandomAccess.Read(_file.SafeFileHandle, buffer.Span[read..], offset + read);
            }
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => _file.DisposeAsync();
    }
}
