using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Testing.Faults;

/// <summary>
/// A source with databases in memory, each an image of 4 KiB pages, that can disappear and come back with another identity. It
/// keeps the history of contents, so that a test knows which contents a backup of a given time may have. Thread-safe.
/// </summary>
/// <param name="time">The clock of the history.</param>
public sealed class MemorySource(TimeProvider time) : IDatabaseSource
{
    /// <summary>Size of a page, in bytes.</summary>
    public const int Page = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<(DateTimeOffset From, byte[] Contents)>> _history = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, byte[]> _databases = ImmutableSortedDictionary.Create<string, byte[]>(StringComparer.Ordinal);

    /// <summary>Whether it does not respond.</summary>
    public bool IsDown { get; set; }

    /// <summary>Whether it looks empty, like a folder whose disk is not mounted.</summary>
    public bool IsEmpty { get; set; }

    /// <summary>Its identity.</summary>
    public string Identity { get; set; } = "0123456789abcdef";

    /// <summary>The current databases.</summary>
    public IReadOnlyDictionary<string, byte[]> Databases => _databases;

    public string Name => "fake";

    /// <summary>Creates or changes a database.</summary>
    public void Put(string name, byte[] contents)
    {
        lock (_gate)
        {
            _databases = _databases.SetItem(name, contents);
            if (!_history.TryGetValue(name, out var versions))
            {
                _history[name] = versions = [];
            }
            versions.Add((time.GetUtcNow(), contents));
        }
    }

    /// <summary>Drops a database.</summary>
    public void Drop(string name)
    {
        lock (_gate)
        {
            _databases = _databases.Remove(name);
        }
    }

    /// <summary>Whether a database had these contents at some time since <paramref name="since"/>.</summary>
    public bool Held(string name, byte[] contents, DateTimeOffset since)
    {
        lock (_gate)
        {
            var versions = _history.GetValueOrDefault(name) ?? [];
            for (var i = versions.Count - 1; i >= 0; i--)
            {
                if (versions[i].Contents.AsSpan().SequenceEqual(contents))
                {
                    return true;
                }
                if (versions[i].From < since)
                {
                    return false; // it had these contents already then
                }
            }

            return false;
        }
    }

    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken)
    {
        Check();
        return Task.FromResult(new SourceInfo(Identity, "1", DatabaseRole.Primary));
    }

    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        Check();
        if (IsEmpty)
        {
            yield break;
        }
        foreach (var (name, contents) in _databases)
        {
            yield return new(name, contents.Length, EncryptionState.No);
        }
    }

    public Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        Check();
        if (IsEmpty || !_databases.TryGetValue(database.Name, out var contents))
        {
            throw new HoldfastException(ErrorCatalog.NotFound, $"'{database.Name}' is not there.");
        }
        return Task.FromResult<IDatabaseView>(new View(request.Type, contents) { Source = new(Identity, "1", DatabaseRole.Primary) });
    }

    public Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        Check();
        return _databases.ContainsKey(request.Name)
            ? throw Taken(request.Name)
            : Task.FromResult<IRestoreTarget>(new Target(this, request));
    }

    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => default; // owned by the test: it outlives every node that it is attached to

    private static HoldfastException Taken(string name) => new(ErrorCatalog.TargetExists, $"'{name}' exists.");

    private void Check()
    {
        if (IsDown)
        {
            throw new HoldfastException(ErrorCatalog.SourceUnreadable, "The source is down.");
        }
    }

    private sealed class View(BackupType type, byte[] contents) : IDatabaseView, IPageImage
    {
        public SourceInfo? Source { get; init; }

        public BackupType Type => type;

        public string? TypeReason => null;

        public bool IsEncrypted => false;

        public string EngineVersion => "1";

        public string? ChangeToken { get; } = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(contents));

        public long ExpectedBytes => contents.Length;

        public IReadOnlyList<string> Warnings => [];

        public int PageSize => Page;

        public long PageCount => contents.Length / Page;

        public bool IsIncompressible => false;

        public void Read(long firstPage, Span<byte> pages) => contents.AsSpan((int)firstPage * Page, pages.Length).CopyTo(pages);

        public async Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken)
        {
            if (type == BackupType.Snapshot)
            {
                await sink.WriteImageAsync("database.fake", this, cancellationToken);
            }
            else
            {
                await sink.WriteStreamAsync(
                    "dump.fake",
                    contents.Length,
                    async (pipe, token) => await pipe.WriteAsync(contents, token),
                    cancellationToken
                );
            }
            return new Dictionary<string, string> { ["bytes"] = $"{contents.Length}" };
        }

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Target(MemorySource source, RestoreRequest request) : IRestoreTarget, IPageTarget
    {
        private byte[] _contents = [];

        public async Task LoadAsync(IItemSource items, CancellationToken cancellationToken)
        {
            if (request.Type == BackupType.Snapshot)
            {
                await items.CopyImageAsync("database.fake", this, cancellationToken);
                return;
            }

            using var stream = new MemoryStream();
            await items.CopyStreamAsync("dump.fake", (bytes, token) => stream.WriteAsync(bytes, token), cancellationToken);
            _contents = stream.ToArray();
        }

        public Task CommitAsync(CancellationToken cancellationToken)
        {
            lock (source._gate)
            {
                if (source._databases.ContainsKey(request.Name))
                {
                    throw Taken(request.Name);
                }
                source.Put(request.Name, _contents);
            }

            return Task.CompletedTask;
        }

        public void SetLength(long length) => _contents = new byte[length];

        public void Write(long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_contents.AsSpan((int)offset));

        public void Read(long offset, Span<byte> bytes) => _contents.AsSpan((int)offset, bytes.Length).CopyTo(bytes);

        public ValueTask DisposeAsync() => default;
    }
}
