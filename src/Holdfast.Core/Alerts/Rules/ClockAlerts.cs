using System.Globalization;

namespace Holdfast.Core.Alerts.Rules;

/// <summary>Alerts about the clock.</summary>
internal static class ClockAlerts
{
    /// <summary>Returns the alert for a wall clock that is ahead of the node's trusted clock; none while it is not.</summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot)
    {
        if (snapshot.Clock is not { Jumped: { } jumped } clock)
        {
            yield break;
        }
        yield return new()
        {
            Key = "clock",
            Kind = AlertKind.ClockJumped,
            Severity = AlertSeverity.Warning,
            Since = jumped,
            Subject = AlertSubject.Node,
            Message =
                $"The clock jumped to {AlertText.Utc(jumped)}{(clock.JumpedWhileOff ? " while the machine was off" : "")}, "
                + $"{FormatDuration(jumped - clock.Found)} ahead of the time that this node has measured: retention deletes nothing.",
            Hint =
                "If the clock is right, confirm it: holdfast server confirm-clock, or the button of this alert in Studio. Otherwise "
                + "correct it."
                + (
                    clock.JumpedWhileOff
                        ? " A second full backup of a task, an hour after its first, also lets its retention continue."
                        : ""
                ),
        };
    }

    private static string FormatDuration(TimeSpan time) =>
        time.TotalDays >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days")
        : time.TotalHours >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} hours")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} minutes");
}
