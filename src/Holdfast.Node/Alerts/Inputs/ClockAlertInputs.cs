using Holdfast.Core.Alerts;
using Holdfast.Node.Retention;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>The trusted clock, and when the node was started and seen alive before.</summary>
/// <param name="clock">The trusted clock.</param>
/// <param name="settings">The time zone of schedules that name none.</param>
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
