using Holdfast.Core.Alerts;
using Holdfast.Node.Retention;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>The trusted clock, when the node was started, and when it was last seen alive before that.</summary>
/// <param name="clock">The trusted clock.</param>
/// <param name="settings">Default time zone of schedules.</param>
public sealed class ClockAlertInputs(TrustedClockMonitor clock, NodeSettings settings) : IAlertInputs
{
    /// <inheritdoc/>
    public void Subscribe(AlertMonitor alerts) => clock.Changed += alerts.Invalidate;

    /// <inheritdoc/>
    public AlertSnapshot AddTo(AlertSnapshot snapshot) =>
        snapshot with
        {
            StartedAt = clock.StartedAt,
            LastSeenAlive = clock.LastSeenAlive,
            TimeZone = settings.Zone,
            Clock = clock.Current,
        };
}
