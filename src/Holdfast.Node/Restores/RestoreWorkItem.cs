using Holdfast.Core.Operations;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Restores;

/// <summary>A restore in the queue. Its target is reserved while it waits and runs.</summary>
/// <param name="ask">The restore.</param>
/// <param name="executor">Runs the restore.</param>
internal sealed class RestoreWorkItem(RestoreJob ask, RestoreOperation executor) : OperationWorkItem
{
    /// <inheritdoc/>
    public override string Key => $"restore {ask.Target}";

    /// <inheritdoc/>
    public override JobLane Lane => JobLane.Restore;

    /// <inheritdoc/>
    public override string Group => "restores";

    /// <inheritdoc/>
    public override string Source => ask.Target.Source;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Destinations { get; } = BackupFinder.DestinationOf(ask.From) is { } name ? [name] : [];

    // A server that builds indexes reports no progress for hours.
    /// <inheritdoc/>
    public override bool CanTimeOut => false;

    /// <inheritdoc/>
    public override RunningOperation CreateOperation(OperationStore operations, string? askedBy) =>
        operations.Add(
            OperationKind.Restore,
            ask.Target,
            null,
            null,
            askedBy,
            new()
            {
                From = ask.From,
                Point = ask.Point,
                KeysGiven = ask.Keys.Count > 0,
                KeepMode = ask.File.RestoreMode,
                KeepOwner = ask.File.RestoreOwner,
                ContinueOnError = ask.ContinueOnError,
            }
        );

    /// <inheritdoc/>
    public override Task RunAsync(RunningOperation operation, Action written) => executor.RunAsync(ask, operation);
}
