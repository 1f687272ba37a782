using System.Runtime.CompilerServices;
using Holdfast.Archive.Items;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Testing.Faults;

/// <summary>A source whose calls can fail.</summary>
/// <param name="inner">The source.</param>
/// <param name="faults">The faults of its calls.</param>
public sealed class FaultySource(IDatabaseSource inner, FaultSwitch faults) : IDatabaseSource
{
    public string Name => inner.Name;

    public SkippedFiles SkippedFiles => inner.SkippedFiles;

    public async Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken)
    {
        await faults.MeetAsync("describe", cancellationToken);
        return await inner.DescribeAsync(cancellationToken);
    }

    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await faults.MeetAsync("discover", cancellationToken);
        await foreach (var database in inner.DiscoverAsync(cancellationToken))
        {
            await faults.MeetAsync("next database", cancellationToken);
            yield return database;
        }
    }

    public async Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("open a view", cancellationToken);
        return new View(await inner.OpenViewAsync(database, request, cancellationToken), faults);
    }

    public async Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        await faults.MeetAsync("begin a restore", cancellationToken);
        return new Target(await inner.BeginRestoreAsync(request, cancellationToken), faults);
    }

    public async Task RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        await faults.MeetAsync("remove leftovers", cancellationToken);
        await inner.RemoveLeftoversAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class View(IDatabaseView inner, FaultSwitch faults) : IDatabaseView
    {
        public SourceInfo? Source => inner.Source;

        public BackupType Type => inner.Type;

        public string? TypeReason => inner.TypeReason;

        public bool IsEncrypted => inner.IsEncrypted;

        public string EngineVersion => inner.EngineVersion;

        public string? ChangeToken => inner.ChangeToken;

        public long ExpectedBytes => inner.ExpectedBytes;

        public IReadOnlyList<string> Warnings => inner.Warnings;

        public async Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken)
        {
            await faults.MeetAsync("write", cancellationToken);
            var fingerprint = await inner.WriteAsync(sink, cancellationToken);
            await faults.MeetAsync("end of writing", cancellationToken);
            return fingerprint;
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            faults.Meet("close a view");
        }
    }

    private sealed class Target(IRestoreTarget inner, FaultSwitch faults) : IRestoreTarget
    {
        public SourceInfo? Source => inner.Source;

        public IReadOnlyList<string> Warnings => inner.Warnings;

        public IReadOnlyList<string> OmittedObjects => inner.OmittedObjects;

        public async Task LoadAsync(IItemSource items, CancellationToken cancellationToken)
        {
            await faults.MeetAsync("load", cancellationToken);
            await inner.LoadAsync(items, cancellationToken);
        }

        public async Task CommitAsync(CancellationToken cancellationToken)
        {
            await faults.MeetAsync("commit", cancellationToken);
            await inner.CommitAsync(cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
