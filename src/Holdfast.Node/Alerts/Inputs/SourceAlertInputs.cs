using Holdfast.Core.Alerts;
using Holdfast.Node.Discovery;
using Holdfast.Node.Restores;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>The sources, and the roles that run restores on them.</summary>
/// <param name="sources">The sources of this node.</param>
/// <param name="roles">Knows which roles have changed.</param>
public sealed class SourceAlertInputs(SourceRegistry sources, RestoreRoleGuard roles) : IAlertInputs
{
    /// <inheritdoc/>
    public void Subscribe(AlertMonitor alerts)
    {
        sources.Changed += _ => alerts.Invalidate();
        sources.StatusChanged += alerts.Invalidate;
    }

    /// <inheritdoc/>
    public AlertSnapshot AddTo(AlertSnapshot snapshot) => snapshot with { Sources = [.. sources.Items.Select(ToInput)] };

    private SourceAlertInput ToInput(SourceMonitor source) =>
        new(source.Attached.Name, source.Status.Problem)
        {
            LastDiscovery = source.LastDiscovery,
            DiscoveryInterval = sources.Interval,
            Identity = source.Status.Identity,
            Location = source.Status.Location,
            RestoreRole = roles.Find(source.Attached.Name),
        };
}
