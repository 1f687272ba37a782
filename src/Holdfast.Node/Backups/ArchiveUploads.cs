using Holdfast.Archive.Writing;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Destinations;

namespace Holdfast.Node.Backups;

/// <summary>
/// The uploads of one archive and its index to all destinations, under a name that is free at each of them. A destination that
/// fails is dropped and its failure kept; the others continue.
/// </summary>
internal sealed class ArchiveUploads : IAsyncDisposable
{
    private const int MaxNameAttempts = 60;

    private readonly IReadOnlyList<Target> _targets;
    private readonly FanOut _archive;
    private readonly FanOut _index;

    private ArchiveUploads(IReadOnlyList<Target> targets, BackupMeter meter)
    {
        _targets = targets;
        _archive = new([
            .. targets.Select(t =>
                (Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>)(
                    async (bytes, token) =>
                    {
                        await t.Archive.WriteAsync(bytes, token);
                        meter.AddStored(t.Run.Index, bytes.Length);
                    }
                )
            ),
        ]);
        _index = new([.. targets.Select(t => (Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>)t.Index.WriteAsync)]);
    }

    private sealed record Target(BackupDestination Run, IUpload Archive, IUpload Index);

    /// <summary>Path of the archive.</summary>
    public string Path => _targets[0].Archive.Path;

    /// <summary>Starts the uploads, under the first name that is not taken at any destination.</summary>
    /// <param name="destinations">All destinations; one that fails no longer takes part.</param>
    /// <param name="naming">Determines the folder and the name.</param>
    /// <param name="hint">What is known about the archive.</param>
    /// <param name="now">The current time; the name has this time or a later one.</param>
    /// <param name="meter">Counts the stored bytes.</param>
    /// <param name="cancellationToken">Cancels the uploads.</param>
    public static async Task<ArchiveUploads> BeginAsync(
        IReadOnlyList<BackupDestination> destinations,
        ArchiveNaming naming,
        UploadHint hint,
        DateTimeOffset now,
        BackupMeter meter,
        CancellationToken cancellationToken
    )
    {
        var time = naming.FirstTime(now);
        for (var tried = 0; ; tried++, time = time.AddSeconds(1))
        {
            var (folder, name) = (naming.FolderOf(time), naming.NameOf(time));
            if (await TryBeginAsync(destinations, folder, name, hint, tried < MaxNameAttempts, cancellationToken) is { } targets)
            {
                return new(targets, meter);
            }
        }
    }

    /// <summary>The outputs for the writer.</summary>
    public ArchiveOutputs CreateOutputs(BackupEncryption protection) =>
        new()
        {
            Archive = _archive.WriteAsync,
            Index = _index.WriteAsync,
            ArchiveProtection = protection.Archive,
            IndexProtection = protection.Index,
            ProtectionId = protection.Id,
        };

    /// <summary>
    /// Publishes archive and index at every destination that received all bytes; the index first, so that an archive never appears
    /// without it.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call before anything is published.</param>
    /// <exception cref="HoldfastException">The archive was published at no destination.</exception>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(
            _targets.Select((target, i) => PublishAsync(target, _archive.Failures[i] ?? _index.Failures[i], cancellationToken))
        );
        if (_targets.Any(t => t.Run.IsActive))
        {
            return;
        }
        cancellationToken.ThrowIfCancellationRequested();
        throw _targets[0].Run.Failure!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var target in _targets)
        {
            await DisposeAsync(target);
        }
    }

    private static async Task PublishAsync(Target target, Exception? failed, CancellationToken cancellationToken)
    {
        try
        {
            if (failed is not null)
            {
                target.Run.Exclude(failed);
            }
            else
            {
                await target.Run.Destination.PublishAsync([target.Index, target.Archive], cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // If another destination has the archive, the backup exists, and this destination is repaired like any that failed.
            target.Run.Exclude(
                new HoldfastException(
                    ErrorCatalog.DestinationFailed,
                    $"The backup was stopped before it was published at '{target.Run.Name}'.",
                    "Its missing archives are copied there before the next incremental backup."
                )
            );
        }
        catch (Exception e)
        {
            target.Run.Exclude(e);
        }
    }

    // Null if the name is taken at a destination.
    private static async Task<List<Target>?> TryBeginAsync(
        IReadOnlyList<BackupDestination> destinations,
        string folder,
        ArchiveName name,
        UploadHint hint,
        bool canRetry,
        CancellationToken cancellationToken
    )
    {
        var targets = new List<Target>();
        IUpload? single = null;
        try
        {
            foreach (var run in destinations.Where(d => d.IsActive))
            {
                try
                {
                    single = await run.Destination.BeginUploadAsync($"{folder}/{name}", hint, cancellationToken);
                    // The index is published first, and claims the name for both.
                    var index = await run.Destination.BeginUploadAsync($"{folder}/{name.IndexName}", UploadHint.Claim, cancellationToken);
                    targets.Add(new(run, single, index));
                    single = null;
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested && !IsNameTaken(e))
                {
                    if (single is not null)
                    {
                        await single.DisposeAsync();
                    }
                    single = null;
                    run.Exclude(e);
                }
            }

            return targets.Count > 0 ? targets : throw destinations[0].Failure!;
        }
        catch (Exception e)
        {
            if (single is not null)
            {
                await single.DisposeAsync();
            }
            foreach (var target in targets)
            {
                await DisposeAsync(target);
            }
            if (canRetry && IsNameTaken(e))
            {
                return null;
            }
            throw;
        }
    }

    private static bool IsNameTaken(Exception e) => e is HoldfastException known && known.Error == ErrorCatalog.TargetExists;

    private static async ValueTask DisposeAsync(Target target)
    {
        await target.Index.DisposeAsync();
        await target.Archive.DisposeAsync();
    }
}
