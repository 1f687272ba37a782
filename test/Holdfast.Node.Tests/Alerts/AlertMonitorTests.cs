using Holdfast.Core.Alerts;
using Holdfast.Node.Alerts;
using Holdfast.Node.Alerts.Inputs;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Alerts;

/// <summary>Alerts stay active even if their evaluation fails.</summary>
public sealed class AlertMonitorTests : IAlertInputs
{
    private readonly FakeTimeProvider _time = new();
    private Exception? _failure;

    [Fact]
    public void A_failure_of_the_rules_raises_an_alert_and_keeps_the_active_alerts()
    {
        var alerts = new AlertMonitor(new([this], _time), TimeSpan.FromSeconds(1), _time);
        var told = new List<AlertChanges>();
        alerts.Changed += _ => throw new InvalidOperationException("a listener's fault");
        alerts.Changed += told.Add;
        alerts.Report(
            new()
            {
                Key = "webhook",
                Kind = AlertKind.WebhookFailing,
                Severity = AlertSeverity.Warning,
                Since = _time.GetUtcNow(),
                Subject = AlertSubject.Node,
                Message = "m",
            }
        );
        alerts.Evaluate();
        _failure = new InvalidCastException("an odd record");
        Assert.Throws<InvalidCastException>(alerts.Evaluate);
        Assert.Throws<InvalidCastException>(alerts.Evaluate);
        Assert.Equal([AlertKind.LoopFailed, AlertKind.WebhookFailing], alerts.Active.Select(a => a.Kind));
        Assert.Contains("an odd record", alerts.Active[0].Message, StringComparison.Ordinal);
        _failure = null;
        alerts.Evaluate();
        Assert.Equal([AlertKind.WebhookFailing], alerts.Active.Select(a => a.Kind));
        Assert.Equal(3, told.Count);
    }

    [Fact]
    public void A_stalled_loop_raises_an_alert_and_a_clock_jump_does_not()
    {
        var snapshot = new AlertSnapshot
        {
            Now = _time.GetUtcNow().AddDays(20),
            StartedAt = _time.GetUtcNow(),
            Loops = [new("discovery of shop", _time.GetUtcNow(), TimeSpan.FromSeconds(30), 0, null, TimeSpan.FromSeconds(20))],
        };
        Assert.Empty(AlertRules.Evaluate(snapshot));
        var alert = Assert.Single(
            AlertRules.Evaluate(snapshot with { Loops = [snapshot.Loops[0] with { SinceLastIteration = TimeSpan.FromMinutes(4) }] })
        );
        Assert.Equal((AlertKind.LoopFailed, "loop:discovery of shop"), (alert.Kind, alert.Key));
    }

    void IAlertInputs.Subscribe(AlertMonitor alerts) { }

    AlertSnapshot IAlertInputs.AddTo(AlertSnapshot snapshot) => _failure is null ? snapshot : throw _failure;
}
