using Holdfast.Core.Operations;
using Holdfast.Node.Jobs;
using Holdfast.Node.Operations;

namespace Holdfast.Node.Restores;

/// <summary>A verification in the queue.</summary>
/// <param name="ask">What is asked for.</param>
/// <param name="executor">Runs it.</param>
internal sealed class VerifyWork(VerifyAsk ask, VerifyExecutor executor) : OperationWork
{
    /// <inheritdoc/>
    public override string Key { get; } = $"verify {Guid.NewGuid():n}";

    /// <inheritdoc/>
    public override JobLane Lane => JobLane.Verify;

    /// <inheritdoc/>
    public override string Group => "verifications";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Destinations { get; } = BackupFinder.DestinationOf(ask.From) is { } name ? [name] : [];

    /// <inheritdoc/>
    public override LiveOperation Enter(OperationBook operations, string? askedBy) =>
        operations.Add(
            OperationKind.Verify,
            ask.Database,
            null,
            null,
            askedBy,
            new()
            {
                From = ask.From,
                KeysGiven = ask.Keys.Count > 0,
                HashSuffices = ask.HashSuffices,
            }
        );

    /// <inheritdoc/>
    public override Task RunAsync(LiveOperation operation, Action written) => executor.RunAsync(ask, operation);
}
