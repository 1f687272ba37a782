using Holdfast.Archive.Items;
using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines;

namespace Holdfast.Node.Tests;

/// <summary>A source of databases in memory, each an image of 4 KiB pages or the same bytes as a stream.</summary>
internal sealed class FakeSource : IDatabaseSource
{
    public Dictionary<string, byte[]> Databases { get; } = [];

    public HashSet<string> Encrypted { get; } = [];

    public HashSet<string> Broken { get; } = [];

    public bool IsDown { get; set; }

    public bool HasTokens { get; set; }

    /// <summary>How many more times reading is cut off by the source itself.</summary>
    public int Conflicts { get; set; }

    public int Writes { get; private set; }

    public string Name => "fake";

    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) => Task.FromResult(new SourceInfo(null, "1", DatabaseRole.Primary));

    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        if (IsDown) throw new HoldfastException(ErrorCatalogue.SourceUnreadable, "The source is down.");
        foreach (var name in Databases.Keys.Order(StringComparer.Ordinal)) yield return Database(name);
    }

    public DiscoveredDatabase Database(string name) => new(name, Databases[name].Length, Encrypted.Contains(name) ? EncryptionState.Yes : EncryptionState.No);

    public Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        if (Broken.Contains(database.Name)) throw new HoldfastException(ErrorCatalogue.SourceLocked, $"'{database.Name}' is locked.");
        var type = request.Type == BackupType.Backup && Encrypted.Contains(database.Name) && request.Key is null ? BackupType.Snapshot : request.Type;
        return Task.FromResult<IDatabaseView>(new View(this, database.Name, type, [.. Databases[database.Name]]));
    }

    public Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken) =>
        Databases.ContainsKey(request.Name) ? throw new HoldfastException(ErrorCatalogue.TargetExists, "taken") : Task.FromResult<IRestoreTarget>(new Target(this, request));

    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => default;

    private sealed class View(FakeSource source, string name, BackupType type, byte[] bytes) : IDatabaseView, IPageImage
    {
        public BackupType Type => type;

        public string? TypeReason => null;

        public bool IsEncrypted => source.Encrypted.Contains(name);

        public string EngineVersion => "1";

        public string? ChangeToken => source.HasTokens ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes)) : null;

        public long ExpectedBytes => bytes.Length;

        public IReadOnlyList<string> Warnings => [];

        public int PageSize => 4096;

        public long PageCount => bytes.Length / 4096;

        public bool IsIncompressible => false;

        public void Read(long firstPage, Span<byte> pages) => bytes.AsSpan((int)firstPage * 4096, pages.Length).CopyTo(pages);

        public async Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken)
        {
            source.Writes++;
            if (type == BackupType.Snapshot) await sink.WriteImageAsync("database.fake", this, cancellationToken);
            else await sink.WriteStreamAsync("dump.fake", bytes.Length, async (pipe, token) => await pipe.WriteAsync(bytes, token), cancellationToken);
            if (source.Conflicts > 0)
            {
                source.Conflicts--;
                throw new HoldfastException(ErrorCatalogue.SourceConflict, "cut off");
            }

            return new Dictionary<string, string> { ["bytes"] = $"{bytes.Length}" };
        }

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Target(FakeSource source, RestoreRequest request) : IRestoreTarget, IPageTarget
    {
        private byte[] _bytes = [];

        public async Task LoadAsync(IItemSource items, CancellationToken cancellationToken)
        {
            if (request.Type == BackupType.Snapshot)
            {
                await items.CopyImageAsync("database.fake", this, cancellationToken);
                return;
            }

            using var stream = new MemoryStream();
            await items.CopyStreamAsync("dump.fake", (bytes, token) => stream.WriteAsync(bytes, token), cancellationToken);
            _bytes = stream.ToArray();
        }

        public Task CommitAsync(CancellationToken cancellationToken)
        {
            source.Databases.Add(request.Name, _bytes);
            return Task.CompletedTask;
        }

        public void SetLength(long length) => _bytes = new byte[length];

        public void Write(long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan((int)offset));

        public void Read(long offset, Span<byte> bytes) => _bytes.AsSpan((int)offset, bytes.Length).CopyTo(bytes);

        public ValueTask DisposeAsync() => default;
    }
}
