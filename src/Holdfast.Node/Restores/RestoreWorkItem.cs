using Holdfast.Core.Operations;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Restores;

/// <summary>A restore in the queue. Its target is reserved while it waits and runs.</summary>
/// <param name="job">The restore.</param>
/// <param name="executor">Runs the restore.</param>
internal sealed class RestoreWorkItem(RestoreJob job, RestoreOperation executor) : OperationWorkItem
{
    /// <inheritdoc/>
    public override string Key => $"restore {job.Target}";

    /// <inheritdoc/>
    public override JobLane Lane => JobLane.Restore;

    /// <inheritdoc/>
    public override string Group => "restores";

    /// <inheritdoc/>
    public override string Source => job.Target.Source;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Destinations { get; } = BackupFinder.DestinationOf(job.From) is { } name ? [name] : [];

    // A server that builds indexes reports no progress for hours.
    /// <inheritdoc/>
    public override bool CanTimeOut => false;

    /// <inheritdoc/>
    public override RunningOperation CreateOperation(OperationStore operations, string? askedBy) =>
        operations.Add(
            OperationKind.Restore,
            job.Target,
            null,
            null,
            askedBy,
            new()
            {
                From = job.From,
                Point = job.Point,
                KeysGiven = job.Keys.Count > 0,
                KeepMode = job.File.RestoreMode,
                KeepOwner = job.File.RestoreOwner,
                ContinueOnError = job.ContinueOnError,
            }
        );

    /// <inheritdoc/>
    public override Task RunAsync(RunningOperation operation, Action written) => executor.RunAsync(job, operation);
}
