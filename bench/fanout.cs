#:project ../src/Holdfast.Engines.Sqlite/Holdfast.Engines.Sqlite.csproj
#:project ../src/Holdfast.Node/Holdfast.Node.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=true
#:property NoWarn=$(NoWarn);CS1591

// Measures what a slow destination and one that dies half-way cost the others. The destinations are fakes that cost no processor time.
// Usage: dotnet run bench/fanout.cs -c Release FOLDER [ROUNDS]     FOLDER: a folder with one SQLite database; default: 5 rounds
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Holdfast.Archive.Age;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sqlite;
using Holdfast.Node.Backups;
using Holdfast.Node.Backups.Outputs;

var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5;
var engine = new SqliteEngine(TimeProvider.System);
await using var source = engine.Attach(new SqliteSourceConfig { Name = "bench", Path = args[0] });
DiscoveredDatabase? database = null;
await foreach (var found in source.DiscoverAsync(CancellationToken.None))
{
    database ??= found;
}
var ratios = new List<double>();
for (var round = 0; round < rounds; round++)
{
    var alone = await RunAsync(new Fake("good"));
    var three = await RunAsync(
        new Fake("good"),
        new Fake("slow") { BytesPerSecond = 2 << 20 },
        new Fake("dying") { DiesAfter = database!.SizeBytes / 10 }
    );
    ratios.Add(three.Seconds / alone.Seconds);
    Console.WriteLine(
        string.Create(
            CultureInfo.InvariantCulture,
            $"alone {alone.Seconds:0.00} s, of three {three.Seconds:0.00} s: {ratios[^1]:0.00}; read {(double)three.Read / database.SizeBytes:0.00} times"
        )
    );
}
ratios.Sort();
var peak = File.ReadLines("/proc/self/status")
    .First(l => l.StartsWith("VmHWM", StringComparison.Ordinal))
    .Split(' ', StringSplitOptions.RemoveEmptyEntries);
Console.WriteLine(
    string.Create(
        CultureInfo.InvariantCulture,
        $"median {ratios[ratios.Count / 2]:0.00}, peak memory {long.Parse(peak[^2], CultureInfo.InvariantCulture) / 1024} MiB"
    )
);

async Task<(double Seconds, long Read)> RunAsync(params Fake[] destinations)
{
    using var stop = new CancellationTokenSource();
    var options = new BackupOptions
    {
        Kind = BackupKind.Full,
        Type = BackupType.Snapshot,
        Node = "A",
        NodeKey = AgeIdentity.Generate(),
    };
    var meter = new BackupMeter(destinations.Length);
    var backup = new DatabaseBackup("sqlite", source, destinations, options, OutputResources.Create(), TimeProvider.System);
    var clock = Stopwatch.StartNew();
    var running = backup.RunAsync(database!, null, meter, () => { }, stop.Token);
    await destinations[0].Published;
    var seconds = clock.Elapsed.TotalSeconds;
    await stop.CancelAsync(); // the slow one would take minutes
    await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    return (seconds, meter.DoneBytes);
}

internal sealed class Fake(string name) : IDestination
{
    private readonly TaskCompletionSource _published = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _written;

    public string Name => name;

    public DestinationCapabilities Capabilities { get; } = new();

    public int? BytesPerSecond { get; init; }

    public long DiesAfter { get; init; } = long.MaxValue;

    public Task Published => _published.Task;

    public async IAsyncEnumerable<DestinationEntry> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public Task<DestinationEntry?> FindAsync(string path, CancellationToken cancellationToken) => Task.FromResult<DestinationEntry?>(null);

    public Task<IUpload> BeginUploadAsync(string path, UploadHint hint, CancellationToken cancellationToken) =>
        Task.FromResult<IUpload>(new Upload(this, path));

    public Task<IReadOnlyList<PublishedFile>> PublishAsync(IReadOnlyList<IUpload> uploads, CancellationToken cancellationToken)
    {
        _published.TrySetResult();
        return Task.FromResult<IReadOnlyList<PublishedFile>>([.. uploads.Select(u => new PublishedFile(u.Path, 0, null))]);
    }

    public Task<IByteSource> OpenAsync(string path, CancellationToken cancellationToken) =>
        throw new HoldfastException(ErrorCatalog.NotFound, path, null);

    public Task DeleteAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string?> ReplaceAsync(string path, ReadOnlyMemory<byte> content, string? expected, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(null);

    public Task<long?> FreeBytesAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public ValueTask DisposeAsync() => default;

    private sealed class Upload(Fake owner, string path) : IUpload
    {
        public string Path => path;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            owner._written += bytes.Length;
            if (owner._written > owner.DiesAfter)
            {
                throw new HoldfastException(ErrorCatalog.DestinationFailed, "It died.", null);
            }
            if (owner.BytesPerSecond is { } rate)
            {
                await Task.Delay(TimeSpan.FromSeconds((double)bytes.Length / rate), cancellationToken);
            }
        }

        public ValueTask DisposeAsync() => default;
    }
}
