using Holdfast.Core.Operations;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Verification;

/// <summary>A verification in the queue.</summary>
/// <param name="job">What is asked for.</param>
/// <param name="executor">Runs it.</param>
internal sealed class VerifyWorkItem(VerifyJob job, VerifyOperation executor) : OperationWorkItem
{
    /// <inheritdoc/>
    public override string Key { get; } = $"verify {Guid.NewGuid():n}";

    /// <inheritdoc/>
    public override JobLane Lane => JobLane.Verify;

    /// <inheritdoc/>
    public override string Group => "verifications";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Destinations { get; } = BackupFinder.DestinationOf(job.From) is { } name ? [name] : [];

    /// <inheritdoc/>
    public override RunningOperation CreateOperation(OperationStore operations, string? askedBy) =>
        operations.Add(
            OperationKind.Verify,
            job.Database,
            null,
            null,
            askedBy,
            new()
            {
                From = job.From,
                KeysGiven = job.Keys.Count > 0,
                HashSuffices = job.HashSuffices,
            }
        );

    /// <inheritdoc/>
    public override Task RunAsync(RunningOperation operation, Action written) => executor.RunAsync(job, operation);
}
