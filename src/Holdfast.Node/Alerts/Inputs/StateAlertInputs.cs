using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>Stored databases and server-wide backup tasks, and problems of the state store.</summary>
/// <param name="state">The state.</param>
/// <param name="probe">Checks whether the store accepts changes.</param>
public sealed class StateAlertInputs(NodeState state, StateStoreProbe probe) : IAlertInputs
{
    /// <inheritdoc/>
    public void Subscribe(AlertMonitor alerts)
    {
        state.Templates.Changed += (_, _, _) => alerts.Invalidate();
        state.UnreadableFound += alerts.Invalidate;
        state.Writer.ProblemChanged += alerts.Invalidate;
        probe.Changed += alerts.Invalidate;
    }

    /// <inheritdoc/>
    public AlertSnapshot AddTo(AlertSnapshot snapshot) =>
        snapshot with
        {
            Databases = [.. state.Databases.Items.Select(d => d.Value)],
            Templates = [.. state.Templates.Items.Select(t => t.Value)],
            StateStoreProblem = (state.Writer.Problem ?? probe.Problem) is { } problem ? OperationError.From(problem) : null,
            UnreadableValues = state.Unreadable.ToDictionary(u => u.Key, u => OperationError.From(u.Value), StringComparer.Ordinal),
        };
}
