using Holdfast.Core.Operations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Restores;

/// <summary>A restore in the queue. Its target is reserved while it waits and runs.</summary>
/// <param name="ask">What is asked for.</param>
/// <param name="executor">Runs it.</param>
internal sealed class RestoreWork(RestoreAsk ask, RestoreExecutor executor) : OperationWork
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

    // A server that builds its indexes says nothing for hours.
    /// <inheritdoc/>
    public override bool MayBeGivenUp => false;

    /// <inheritdoc/>
    public override LiveOperation Enter(OperationBook operations, string? askedBy) =>
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
                KeepMode = ask.File.Mode,
                KeepOwner = ask.File.Owner,
                ContinueOnError = ask.ContinueOnError,
            }
        );

    /// <inheritdoc/>
    public override Task RunAsync(LiveOperation operation, Action written) => executor.RunAsync(ask, operation);
}
