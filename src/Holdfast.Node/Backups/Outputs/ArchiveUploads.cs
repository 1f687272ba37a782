using System.Runtime.ExceptionServices;
using Holdfast.Archive.Writing;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Destinations;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// The uploads of one archive and its index to all destinations, under a name that is free at each of them. Each destination is written at
/// its own speed. One that fails is dropped and its failure kept; the others continue.
/// </summary>
internal sealed class ArchiveUploads : IAsyncDisposable
{
    private const int MaxNameAttempts = 60;

    private readonly IReadOnlyList<Target> _targets;
    private readonly FanOut _outputs;
    private readonly BackupMeter _meter;
    private volatile bool _isDuplicate; // whether the name was taken before any destination had published the archive

    private ArchiveUploads(IReadOnlyList<Target> targets, FanOut outputs, BackupMeter meter) =>
        (_targets, _outputs, _meter) = (targets, outputs, meter);

    private sealed record Uploads(BackupDestination Run, IUpload Archive, IUpload Index);

    private sealed record Target(Uploads Uploads, DestinationOutput Output)
    {
        public BackupDestination Run => Uploads.Run;
    }

    /// <summary>Why the spool could not be used; null if it could, or was not needed.</summary>
    public Exception? SpoolProblem => _targets.Select(t => t.Output.SpoolProblem).FirstOrDefault(p => p is not null);

    /// <summary>Path of the archive.</summary>
    public string Path => _targets[0].Uploads.Archive.Path;

    /// <summary>Starts the uploads, under the first name that is not taken at any destination.</summary>
    /// <param name="destinations">All destinations; one that fails no longer takes part.</param>
    /// <param name="naming">Determines the folder and the name.</param>
    /// <param name="hint">What is known about the archive.</param>
    /// <param name="context">What the uploads share with those of other backups, the clock, and what counts the stored bytes.</param>
    /// <param name="cancellationToken">Cancels the uploads.</param>
    public static async Task<ArchiveUploads> BeginAsync(
        IReadOnlyList<BackupDestination> destinations,
        ArchiveNaming naming,
        UploadHint hint,
        BackupContext context,
        CancellationToken cancellationToken
    )
    {
        var time = naming.FirstTime(context.Time.GetUtcNow());
        for (var tried = 0; ; tried++, time = time.AddSeconds(1))
        {
            var (folder, name) = (naming.FolderOf(time), naming.NameOf(time));
            if (await TryBeginAsync(destinations, folder, name, hint, tried < MaxNameAttempts, cancellationToken) is { } uploads)
            {
                return Start(uploads, context, cancellationToken);
            }
        }
    }

    /// <summary>The outputs for the writer.</summary>
    public ArchiveOutputs CreateOutputs(BackupEncryption protection) =>
        new()
        {
            Archive = (bytes, token) => _outputs.WriteAsync(OutputFile.Archive, bytes, token),
            Index = (bytes, token) => _outputs.WriteAsync(OutputFile.Index, bytes, token),
            ArchiveProtection = protection.Archive,
            IndexProtection = protection.Index,
            ProtectionId = protection.Id,
        };

    /// <summary>
    /// Hands the last bytes over to all destinations; they need not have been written when it returns. The database is no longer needed.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="Exception">No destination is left.</exception>
    public Task FlushAsync(CancellationToken cancellationToken) => _outputs.FlushAsync(cancellationToken);

    /// <summary>
    /// Publishes archive and index at every destination as soon as it has written all bytes; the index first, so that an archive never
    /// appears without it.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call before anything is published.</param>
    /// <exception cref="HoldfastException">
    /// The archive was published at no destination. <see cref="ErrorCatalog.TargetExists"/> if another backup took its name meanwhile.
    /// </exception>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_targets.Select(target => PublishAsync(target, cancellationToken)));
        if (_targets.Any(t => t.Run.IsActive))
        {
            return;
        }
        cancellationToken.ThrowIfCancellationRequested();
        throw CreateFailure();
    }

    /// <summary>The failure of the backup, if every destination has failed; null if one has not.</summary>
    public HoldfastException? FindFailureOfAll()
    {
        if (_targets.Any(t => t.Output.Failure is null))
        {
            return null;
        }
        foreach (var target in _targets)
        {
            target.Run.Exclude(target.Output.Failure!);
        }
        return CreateFailure();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var target in _targets)
        {
            await target.Output.DisposeAsync();
        }
        _outputs.Dispose();
        foreach (var target in _targets)
        {
            await DisposeAsync(target.Uploads);
        }
    }

    private HoldfastException CreateFailure()
    {
        var failures = _targets.Select(t => t.Run.Failure!).ToList();
        var first = failures.Find(f => f.Error == ErrorCatalog.TargetExists) ?? failures[0];
        return failures.Count == 1
            ? first
            : new(
                first.Error,
                "No destination has stored the archive. "
                    + string.Join(' ', _targets.Select(t => $"{t.Run.Name}: {t.Run.Failure!.Message}")),
                first.Hint,
                first
            );
    }

    private static ArchiveUploads Start(List<Uploads> uploads, BackupContext context, CancellationToken cancellationToken)
    {
        var (meter, resources) = (context.Meter, context.Outputs);
        var targets = new List<Target>();
        foreach (var upload in uploads)
        {
            var index = upload.Run.Index;
            var output = new DestinationOutput(
                upload.Run.Destination,
                upload.Archive,
                upload.Index,
                resources.Spool,
                bytes => meter.AddStored(index, bytes),
                cancellationToken
            );
            meter.Follow(index, () => output.State);
            targets.Add(new(upload, output));
        }
        return new(targets, new([.. targets.Select(t => t.Output)], resources.Memory, context.Time), meter);
    }

    private async Task PublishAsync(Target target, CancellationToken cancellationToken)
    {
        var (run, output) = (target.Run, target.Output);
        try
        {
            if (await output.CompleteAsync() is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
            if (_isDuplicate)
            {
                throw new HoldfastException(
                    ErrorCatalog.TargetExists,
                    $"Not published at '{run.Name}', because another backup has taken the name at another destination.",
                    "Nothing is lost: the other backup has the same database."
                );
            }
            output.Report(OutputState.Publishing);
            await run.Destination.PublishAsync([target.Uploads.Index, target.Uploads.Archive], cancellationToken);
            output.Report(OutputState.Done);
            _meter.LogStep($"published at {run.Name}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // If another destination has the archive, the backup exists, and this destination is repaired like any that failed.
            run.Exclude(
                new HoldfastException(
                    ErrorCatalog.DestinationFailed,
                    $"The backup was stopped before it was published at '{run.Name}'.",
                    "A repair copies it there from another destination."
                )
            );
        }
        catch (Exception e)
        {
            _isDuplicate |= IsNameTaken(e) && !_targets.Any(t => t.Output.State == OutputState.Done);
            run.Exclude(e);
        }
        if (!run.IsActive)
        {
            output.Report(OutputState.Dropped);
            _meter.LogStep($"not published at {run.Name}: {run.Failure!.Message}");
        }
    }

    // Null if the name is taken at a destination.
    private static async Task<List<Uploads>?> TryBeginAsync(
        IReadOnlyList<BackupDestination> destinations,
        string folder,
        ArchiveName name,
        UploadHint hint,
        bool canRetry,
        CancellationToken cancellationToken
    )
    {
        var targets = new List<Uploads>();
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

    private static async ValueTask DisposeAsync(Uploads uploads)
    {
        await uploads.Index.DisposeAsync();
        await uploads.Archive.DisposeAsync();
    }
}
