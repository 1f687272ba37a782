using Holdfast.Core.Alerts;
using Holdfast.Node.Jobs;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>Running operations, and how long each has made no progress.</summary>
/// <param name="queue">The queue of all operations.</param>
/// <param name="settings">The limit for the time without progress.</param>
public sealed class OperationAlertInputs(OperationQueue queue, NodeSettings settings) : IAlertInputs
{
    /// <inheritdoc/>
    public void Subscribe(AlertMonitor alerts) => queue.Ended += _ => alerts.Invalidate();

    /// <inheritdoc/>
    public AlertSnapshot AddTo(AlertSnapshot snapshot) =>
        snapshot with
        {
            RunningOperations = [.. queue.InProgress.Select(ToInput)],
            NoProgressThreshold = settings.NoProgressThreshold,
        };

    private static OperationAlertInput ToInput(OperationJob job)
    {
        var operation = job.Operation.Current;
        return new(
            operation.Id,
            operation.Kind,
            operation.Database,
            job.Source,
            job.Destinations,
            operation.Phase,
            job.Operation.TimeWithoutProgress
        );
    }
}
