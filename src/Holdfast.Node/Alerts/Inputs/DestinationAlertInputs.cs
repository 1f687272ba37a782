using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Node.Destinations;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>Destinations with the wrong identity, and destinations that share a folder.</summary>
/// <param name="destinations">The destinations.</param>
public sealed class DestinationAlertInputs(DestinationRegistry destinations) : IAlertInputs
{
    /// <inheritdoc/>
    public void Subscribe(AlertMonitor alerts) => destinations.ProblemChanged += alerts.Invalidate;

    /// <inheritdoc/>
    public AlertSnapshot AddTo(AlertSnapshot snapshot) =>
        snapshot with
        {
            DestinationIdentityProblems =
            [
                .. destinations
                    .Items.Select(d => (d.Key, Problem: destinations.IdentityProblem(d.Key)))
                    .Where(d => d.Problem is not null)
                    .Select(d => new DestinationIdentityProblem(d.Key, OperationError.From(d.Problem!))),
            ],
            OverlappingDestinations = destinations.Overlapping,
        };
}
