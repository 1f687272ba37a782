using Holdfast.Archive.Writing;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Backups;

/// <summary>
/// One archive and its index on their way to all destinations, under a name that is free at each of them. A destination that fails is dropped and
/// its failure kept; the others go on.
/// </summary>
internal sealed class ArchiveUploads : IAsyncDisposable
{
    private const int SecondsTried = 60;

    private readonly IReadOnlyList<Target> _targets;
    private readonly FanOut _archive;
    private readonly FanOut _index;

    private ArchiveUploads(IReadOnlyList<Target> targets, BackupMeter meter)
    {
        _targets = targets;
        _archive = new([.. targets.Select(t => (Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>)(async (bytes, token) =>
        {
            await t.Archive.WriteAsync(bytes, token);
            meter.Stored(t.Number, bytes.Length);
        }))]);
        _index = new([.. targets.Select(t => (Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>)t.Index.WriteAsync)]);
    }

    private sealed record Target(int Number, IDestination Destination, IUpload Archive, IUpload Index);

    /// <summary>Path of the archive.</summary>
    public string Path => _targets[0].Archive.Path;

    /// <summary>Begins the uploads. The name's second is the first one from <paramref name="now"/> on that is later than every name there and not taken.</summary>
    /// <param name="destinations">All destinations.</param>
    /// <param name="failures">Why a destination does not take part, by their order; one that fails here is added.</param>
    /// <param name="database">The database.</param>
    /// <param name="lastName">The latest time in any name there.</param>
    /// <param name="extended">The chain that is extended; null for a new one.</param>
    /// <param name="form">What the archive is.</param>
    /// <param name="encrypted">Whether it is an age file.</param>
    /// <param name="type">Type of a new chain.</param>
    /// <param name="options">Node and task, for the name of a new chain.</param>
    /// <param name="now">The time.</param>
    /// <param name="meter">Told of what is stored.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ArchiveUploads> BeginAsync(
        IReadOnlyList<IDestination> destinations, HoldfastException?[] failures, DatabaseId database, DateTimeOffset lastName, StoredChain? extended, ArchiveForm form, bool encrypted, BackupType type, BackupOptions options, DateTimeOffset now, BackupMeter meter, CancellationToken cancellationToken)
    {
        var time = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        if (time <= lastName) time = lastName.AddSeconds(1); // a clock that was set back must not make old backups look newer
        for (var tried = 0; ; tried++, time = time.AddSeconds(1))
        {
            var name = new ArchiveName(time, form, encrypted);
            var folder = extended?.Path ?? $"{DatabaseFolder.PathOf(database)}/{new ChainName(time, options.Node, type, options.Task)}";
            if (await TryBeginAsync(destinations, failures, folder, name, tried < SecondsTried, cancellationToken) is { } targets) return new(targets, meter);
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
    /// <param name="failures">What went wrong is added, by the destinations' order.</param>
    /// <param name="cancellationToken">Stops it before anything is published.</param>
    /// <exception cref="HoldfastException">No destination has the archive.</exception>
    public async Task PublishAsync(HoldfastException?[] failures, CancellationToken cancellationToken)
    {
        await Task.WhenAll(_targets.Select(async (target, i) =>
        {
            try
            {
                if ((_archive.Failures[i] ?? _index.Failures[i]) is { } failed) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
                await target.Destination.PublishAsync([target.Index, target.Archive], cancellationToken);
            }
            catch (HoldfastException e)
            {
                failures[target.Number] = e;
            }
        }));
        if (_targets.All(t => failures[t.Number] is not null)) throw failures[_targets[0].Number]!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var target in _targets) await DisposeAsync(target);
    }

    // Null where the name is taken somewhere.
    private static async Task<List<Target>?> TryBeginAsync(IReadOnlyList<IDestination> destinations, HoldfastException?[] failures, string folder, ArchiveName name, bool mayMoveOn, CancellationToken cancellationToken)
    {
        var begun = new List<Target>();
        IUpload? single = null;
        try
        {
            for (var i = 0; i < destinations.Count; i++)
            {
                if (failures[i] is not null) continue;
                try
                {
                    single = await destinations[i].BeginUploadAsync($"{folder}/{name}", cancellationToken);
                    begun.Add(new(i, destinations[i], single, await destinations[i].BeginUploadAsync($"{folder}/{name.IndexName}", cancellationToken)));
                    single = null;
                }
                catch (HoldfastException e) when (e.Error != ErrorCatalogue.TargetExists)
                {
                    if (single is not null) await single.DisposeAsync();
                    single = null;
                    failures[i] = e;
                }
            }

            return begun.Count > 0 ? begun : throw failures[0]!;
        }
        catch (Exception e)
        {
            if (single is not null) await single.DisposeAsync();
            foreach (var target in begun) await DisposeAsync(target);
            if (mayMoveOn && e is HoldfastException { Error: var error } && error == ErrorCatalogue.TargetExists) return null;
            throw;
        }
    }

    private static async ValueTask DisposeAsync(Target target)
    {
        await target.Index.DisposeAsync();
        await target.Archive.DisposeAsync();
    }
}
