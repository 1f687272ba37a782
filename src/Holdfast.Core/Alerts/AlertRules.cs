using Holdfast.Core.Alerts.Rules;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;

namespace Holdfast.Core.Alerts;

/// <summary>Decides which alerts are active: a pure function of a node's state, so an alert lasts exactly as long as its cause.</summary>
public static class AlertRules
{
    /// <summary>Time after its slot at which a task that did not run is overdue.</summary>
    public static readonly TimeSpan OverdueThreshold = TaskProtection.OverdueThreshold;

    /// <summary>Time after its last iteration at which the scheduler counts as stalled. It runs at least once a minute.</summary>
    public static readonly TimeSpan StallThreshold = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Whether a loop is stuck. Iterations may be slow on a busy machine, so the limit is three minutes and three times the interval.
    /// </summary>
    /// <param name="elapsed">Time since it completed an iteration.</param>
    /// <param name="maxInterval">The longest interval between two iterations of a healthy loop.</param>
    public static bool IsStuck(TimeSpan elapsed, TimeSpan maxInterval) => elapsed > StallThreshold && elapsed / 3 > maxInterval;

    /// <summary>
    /// Creates the alert for a failure of the rules themselves: no other alert is raised or resolved until they work again.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="problem">What the rules threw.</param>
    public static Alert CreateEvaluationFailure(DateTimeOffset now, OperationError problem) =>
        new()
        {
            Key = "loop:rules of alerts",
            Kind = AlertKind.LoopFailed,
            Severity = AlertSeverity.Error,
            Since = now,
            Subject = AlertSubject.Node,
            Message = $"Alerts cannot be evaluated, so those shown may be out of date: {problem.Message}",
            Hint = problem.Hint ?? "The server retries automatically; its log has the details.",
        };

    /// <summary>
    /// Returns all active alerts, unordered, each key once. <see cref="Alert.Since"/> is the time of the snapshot if the state has no
    /// earlier time.
    /// </summary>
    public static IEnumerable<Alert> Evaluate(AlertSnapshot snapshot) =>
        [
            .. NodeAlerts.Evaluate(snapshot),
            .. SourceAlerts.Evaluate(snapshot),
            .. DatabaseAlerts.Evaluate(snapshot),
            .. TaskAlerts.Evaluate(snapshot),
            .. DestinationAlerts.Evaluate(snapshot),
            .. ArchiveAlerts.Evaluate(snapshot),
            .. ClockAlerts.Evaluate(snapshot),
            .. ProgressAlerts.Evaluate(snapshot),
            .. ChainNameAlerts.Evaluate(snapshot),
            .. VerificationAlerts.Evaluate(snapshot),
            .. snapshot.ReportedAlerts,
        ];
}
