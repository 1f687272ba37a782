using Holdfast.Archive.Writing;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Backups;

/// <summary>One archive and its index on their way to all destinations, under a name that is free at each of them.</summary>
internal sealed class ArchiveUploads : IAsyncDisposable
{
    private const int SecondsTried = 60;

    private readonly IReadOnlyList<IDestination> _destinations;
    private readonly IReadOnlyList<IUpload> _archives;
    private readonly IReadOnlyList<IUpload> _indexes;
    private readonly FanOut _archive;
    private readonly FanOut _index;

    private ArchiveUploads(IReadOnlyList<IDestination> destinations, IReadOnlyList<IUpload> archives, IReadOnlyList<IUpload> indexes)
    {
        (_destinations, _archives, _indexes) = (destinations, archives, indexes);
        _archive = new([.. archives.Select(u => (Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>)u.WriteAsync)]);
        _index = new([.. indexes.Select(u => (Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>)u.WriteAsync)]);
    }

    /// <summary>Path of the archive.</summary>
    public string Path => _archives[0].Path;

    /// <summary>Begins the uploads. The name's second is the first one from <paramref name="now"/> on that is later than every name there and not taken.</summary>
    public static async Task<ArchiveUploads> BeginAsync(
        IReadOnlyList<IDestination> destinations, DatabaseId database, StoredChain? newest, StoredChain? extended, ArchiveForm form, bool encrypted, BackupType type, BackupOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var time = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        var last = newest is null ? DateTimeOffset.MinValue : newest.Archives.Select(a => a.Name.Time).Append(newest.Name.Time).Max();
        if (time <= last) time = last.AddSeconds(1); // a clock that was set back must not make old backups look newer
        for (var tried = 0; ; tried++, time = time.AddSeconds(1))
        {
            var name = new ArchiveName(time, form, encrypted);
            var folder = extended?.Path ?? $"{DatabaseFolder.PathOf(database)}/{new ChainName(time, options.Node, type, options.Task)}";
            var begun = new List<IUpload>();
            try
            {
                foreach (var destination in destinations) begun.Add(await destination.BeginUploadAsync($"{folder}/{name}", cancellationToken));
                foreach (var destination in destinations) begun.Add(await destination.BeginUploadAsync($"{folder}/{name.IndexName}", cancellationToken));
                return new(destinations, begun[..destinations.Count], begun[destinations.Count..]);
            }
            catch (HoldfastException e)
            {
                foreach (var upload in begun) await upload.DisposeAsync();
                if (e.Error != ErrorCatalogue.TargetExists || tried == SecondsTried) throw;
            }
        }
    }

    /// <summary>The outputs for the writer.</summary>
    public ArchiveOutputs Outputs(Protection protection) => new()
    {
        Archive = _archive.WriteAsync,
        Index = _index.WriteAsync,
        ArchiveProtection = protection.Archive,
        IndexProtection = protection.Index,
        ProtectionId = protection.Id,
    };

    /// <summary>Publishes archive and index at every destination that took all their bytes; the index first, so that an archive is never seen without it.</summary>
    /// <returns>What went wrong at destinations, while others have the archive.</returns>
    public async Task<IReadOnlyList<HoldfastException>> PublishAsync(CancellationToken cancellationToken)
    {
        var failures = new List<HoldfastException>();
        for (var i = 0; i < _destinations.Count; i++)
        {
            try
            {
                if ((_archive.Failures[i] ?? _index.Failures[i]) is { } failed) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
                await _destinations[i].PublishAsync([_indexes[i], _archives[i]], cancellationToken);
            }
            catch (HoldfastException e)
            {
                failures.Add(e);
            }
        }

        return failures.Count < _destinations.Count ? failures : throw failures[0];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var upload in _indexes) await upload.DisposeAsync();
        foreach (var upload in _archives) await upload.DisposeAsync();
    }
}
