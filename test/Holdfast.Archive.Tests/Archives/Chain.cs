using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Index;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Writing;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>A chain of archives in memory.</summary>
internal sealed class Chain(BackupType type, AgeProtection? protection = null, AgeKeys? keys = null)
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    public List<byte[]> Archives { get; } = [];

    public List<byte[]> Indexes { get; } = [];

    public List<string> Ids { get; } = [];

    public AgeKeys Keys { get; } = keys ?? AgeKeys.None;

    public Task<ArchiveSummary> AddImageAsync(byte[] image, int pageSize) =>
        AddAsync((writer, token) => writer.WriteImageAsync("database.sqlite", new MemoryImage(pageSize, image), token), image.Length);

    public Task<ArchiveSummary> AddStreamAsync(byte[] stream, int step = 10_000) =>
        AddAsync(
            (writer, token) =>
                writer.WriteStreamAsync(
                    "dump.sql",
                    stream.Length,
                    async (pipe, t) =>
                    {
                        for (var at = 0; at < stream.Length; at += step)
                        {
                            await pipe.WriteAsync(stream.AsMemory(at, Math.Min(step, stream.Length - at)), t);
                        }
                    },
                    token
                ),
            stream.Length
        );

    public Task<ArchiveSummary> AddAsync(BackupType kind, byte[] content, int pageSize) =>
        kind == BackupType.Snapshot ? AddImageAsync(content, pageSize) : AddStreamAsync(content);

    /// <summary>Returns a copy that can be extended without changing this chain.</summary>
    public Chain Copy()
    {
        var copy = new Chain(type, protection, Keys);
        copy.Archives.AddRange(Archives);
        copy.Indexes.AddRange(Indexes);
        copy.Ids.AddRange(Ids);
        return copy;
    }

    public async Task<ArchiveSummary> AddAsync(Func<IItemSink, CancellationToken, Task> items, long expected)
    {
        var token = TestContext.Current.CancellationToken;
        await using var index =
            Indexes.Count == 0 ? null : await ChainIndex.OpenAsync([.. Indexes.Select(i => new MemorySource(i, "index"))], Keys, token);
        using var archive = new MemoryStream();
        using var indexBytes = new MemoryStream();
        var id = $"{Archives.Count + 1:x32}";
        var header = new ArchiveHeader
        {
            Id = id,
            Chain = Ids.FirstOrDefault() ?? id,
            Parent = Ids.LastOrDefault(),
            Database = "local/test",
            Engine = "test",
            EngineVersion = "1",
            Type = type,
            Kind = index is null ? BackupKind.Full : BackupKind.Incremental,
            Node = "A",
            StartTime = Time,
        };
        var outputs = new ArchiveOutputs
        {
            Archive = (bytes, t) => archive.WriteAsync(bytes, t),
            Index = (bytes, t) => indexBytes.WriteAsync(bytes, t),
            ArchiveProtection = protection,
            IndexProtection = protection,
            ProtectionId = "test",
        };
        await using var writer = await ArchiveWriter.StartAsync(header, outputs, new() { Workers = 2 }, index, expected, null, token);
        await items(writer, token);
        var summary = await writer.CompleteAsync(new Dictionary<string, string> { ["rows"] = "1" }, [], Time, token);
        Ids.Add(id);
        Archives.Add(archive.ToArray());
        Indexes.Add(indexBytes.ToArray());
        return summary;
    }

    public async Task<ChainReader> OpenAsync(int point)
    {
        var readers = new List<ArchiveReader>();
        for (var i = 0; i <= point; i++)
        {
            readers.Add(
                await ArchiveReader.OpenAsync(new MemorySource(Archives[i], $"archive {i}"), Keys, TestContext.Current.CancellationToken)
            );
        }
        return ChainReader.Join(readers[point], readers, 2);
    }

    public async Task<byte[]> ReadImageAsync(int point)
    {
        await using var chain = await OpenAsync(point);
        var image = new MemoryImage(chain.Items[0].PageSize, []);
        await chain.CopyImageAsync(chain.Items[0].Name, image, TestContext.Current.CancellationToken);
        return image.Bytes;
    }

    public async Task<byte[]> ReadStreamAsync(int point)
    {
        await using var chain = await OpenAsync(point);
        using var bytes = new MemoryStream();
        await chain.CopyStreamAsync("dump.sql", (part, t) => bytes.WriteAsync(part, t), TestContext.Current.CancellationToken);
        return bytes.ToArray();
    }

    public async Task VerifyAsync(int point)
    {
        await using var archive = await ArchiveReader.OpenAsync(
            new MemorySource(Archives[point]),
            Keys,
            TestContext.Current.CancellationToken
        );
        await ArchiveVerifier.VerifyAsync(archive, 2, null, TestContext.Current.CancellationToken);
    }
}
