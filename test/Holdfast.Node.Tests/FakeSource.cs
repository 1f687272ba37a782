using Holdfast.Archive.Items;
using Holdfast.Core.Cluster;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Node.Tests;

/// <summary>A source with databases in memory, each an image of 4 KiB pages or the same bytes as a stream.</summary>
internal sealed class FakeSource : IDatabaseSource
{
    public Dictionary<string, byte[]> Databases { get; } = [];

    public HashSet<string> Encrypted { get; } = [];

    public HashSet<string> Broken { get; } = [];

    public bool IsDown { get; set; }

    public bool HasTokens { get; set; }

    /// <summary>How many more times the source cancels a read.</summary>
    public int Conflicts { get; set; }

    /// <summary>A warning that appears only while reading; null for none.</summary>
    public string? LateWarning { get; set; }

    /// <summary>Whether logical backups fail because the databases cannot be scripted.</summary>
    public bool IsNotAsSql { get; set; }

    /// <summary>The exception of opening a view of a database, by its name; null for none.</summary>
    public Func<string, Exception?>? Fault { get; set; }

    /// <summary>What opening a view of a database waits for, by its name; null for nothing. It may observe the token, or hang.</summary>
    public Func<string, CancellationToken, Task>? Hold { get; set; }

    /// <summary>What a restore waits for before it starts, by the name of the new database; null for nothing.</summary>
    public Func<string, CancellationToken, Task>? HoldRestore { get; set; }

    /// <summary>What loading a restore waits for.</summary>
    public Task HoldLoad { get; set; } = Task.CompletedTask;

    /// <summary>Number of restores that have started to load.</summary>
    public int Loads { get; private set; }

    /// <summary>The exception of loading a restore; null for none.</summary>
    public HoldfastException? LoadFault { get; set; }

    /// <summary>The role that runs restores; null for none.</summary>
    public RestoreRoleState? RestoreRole { get; set; }

    /// <summary>Objects that restores omit.</summary>
    public IReadOnlyList<string> LeftOut { get; set; } = [];

    /// <summary>Warnings of restores.</summary>
    public IReadOnlyList<string> ReportedWarnings { get; set; } = [];

    public int Writes { get; private set; }

    /// <summary>What discovery waits for.</summary>
    public Task Hang { get; set; } = Task.CompletedTask;

    /// <summary>What the commit of a restore waits for.</summary>
    public Task HoldCommit { get; set; } = Task.CompletedTask;

    /// <summary>Number of commits of restores, including one that waits.</summary>
    public int Commits { get; private set; }

    public bool IsDisposed { get; private set; }

    public string Name => "fake";

    public string? Identity { get; set; }

    /// <summary>Number of open views and restores.</summary>
    public int Open { get; private set; }

    /// <summary>The change token of all databases, whatever their contents; null to derive it from the contents.</summary>
    public string? FixedToken { get; set; }

    private SourceInfo Info => new(Identity, "1", DatabaseRole.Primary);

    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) => Task.FromResult(Info);

    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Hang;
        if (IsDown)
        {
            throw new HoldfastException(ErrorCatalog.SourceUnreadable, "The source is down.");
        }
        List<string> names;
        lock (Databases)
        {
            names = [.. Databases.Keys.Order(StringComparer.Ordinal)]; // a restore may add one concurrently
        }
        foreach (var name in names)
        {
            yield return Database(name);
        }
    }

    public DiscoveredDatabase Database(string name) =>
        new(name, Databases[name].Length, Encrypted.Contains(name) ? EncryptionState.Yes : EncryptionState.No);

    public async Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        if (Broken.Contains(database.Name))
        {
            throw new HoldfastException(ErrorCatalog.SourceLocked, $"'{database.Name}' is locked.");
        }
        if (Fault?.Invoke(database.Name) is { } fault)
        {
            throw fault;
        }
        if (Hold is { } hold)
        {
            await hold(database.Name, cancellationToken);
        }
        var type =
            request.Type == BackupType.Backup && Encrypted.Contains(database.Name) && request.Key is null
                ? BackupType.Snapshot
                : request.Type;
        Open++;
        return new View(this, database.Name, type, request.Instead, [.. Databases[database.Name]]);
    }

    public async Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        if (HoldRestore is { } hold)
        {
            await hold(request.Name, cancellationToken);
        }
        lock (Databases)
        {
            return Databases.ContainsKey(request.Name) ? throw new HoldfastException(ErrorCatalog.TargetExists, "taken") : Begin(request);
        }
    }

    private Target Begin(RestoreRequest request)
    {
        Open++;
        return new(this, request);
    }

    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }

    private sealed class View(FakeSource source, string name, BackupType type, string? instead, byte[] bytes) : IDatabaseView, IPageImage
    {
        public SourceInfo? Source { get; } = source.Info;

        public BackupType Type => type;

        public string? TypeReason => instead;

        public bool IsEncrypted => source.Encrypted.Contains(name);

        public string EngineVersion => "1";

        public string? ChangeToken =>
            source.FixedToken is { } token ? token
            : source.HasTokens ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))
            : null;

        public long ExpectedBytes => bytes.Length;

        public IReadOnlyList<string> Warnings { get; private set; } = [];

        public int PageSize => 4096;

        public long PageCount => bytes.Length / 4096;

        public bool IsIncompressible => false;

        public void Read(long firstPage, Span<byte> pages) => bytes.AsSpan((int)firstPage * 4096, pages.Length).CopyTo(pages);

        public async Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken)
        {
            source.Writes++;
            if (type == BackupType.Backup && source.IsNotAsSql)
            {
                throw new HoldfastException(ErrorCatalog.SourceNotScriptable, "Rows would not come back equal.");
            }
            if (type == BackupType.Snapshot)
            {
                await sink.WriteImageAsync("database.fake", this, cancellationToken);
            }
            else
            {
                await sink.WriteStreamAsync(
                    "dump.fake",
                    bytes.Length,
                    async (pipe, token) => await pipe.WriteAsync(bytes, token),
                    cancellationToken
                );
            }
            if (source.Conflicts > 0)
            {
                source.Conflicts--;
                throw new HoldfastException(ErrorCatalog.SourceConflict, "cut off");
            }

            if (source.LateWarning is { } late)
            {
                Warnings = [late];
            }
            return new Dictionary<string, string> { ["bytes"] = $"{bytes.Length}" };
        }

        public ValueTask DisposeAsync()
        {
            source.Open--;
            return default;
        }
    }

    private sealed class Target(FakeSource source, RestoreRequest request) : IRestoreTarget, IPageTarget
    {
        private byte[] _bytes = [];

        public SourceInfo? Source { get; } = source.Info;

        public RestoreRoleState? RestoreRole { get; } = source.RestoreRole;

        public IReadOnlyList<string> OmittedObjects => source.LeftOut;

        public IReadOnlyList<string> Warnings => [.. source.LeftOut, .. source.ReportedWarnings];

        public async Task LoadAsync(IItemSource items, CancellationToken cancellationToken)
        {
            source.Loads++;
            await source.HoldLoad;
            if (source.LoadFault is { } fault)
            {
                throw fault;
            }
            if (request.Type == BackupType.Snapshot)
            {
                await items.CopyImageAsync("database.fake", this, cancellationToken);
                return;
            }

            using var stream = new MemoryStream();
            await items.CopyStreamAsync("dump.fake", (bytes, token) => stream.WriteAsync(bytes, token), cancellationToken);
            _bytes = stream.ToArray();
        }

        public async Task CommitAsync(CancellationToken cancellationToken)
        {
            source.Commits++;
            await source.HoldCommit;
            lock (source.Databases)
            {
                source.Databases.Add(request.Name, _bytes);
            }
        }

        public void SetLength(long length) => _bytes = new byte[length];

        public void Write(long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan((int)offset));

        public void Read(long offset, Span<byte> bytes) => _bytes.AsSpan((int)offset, bytes.Length).CopyTo(bytes);

        public ValueTask DisposeAsync()
        {
            source.Open--;
            return default;
        }
    }
}
