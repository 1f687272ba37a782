using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Tests.Alerts;

/// <summary>Alerts about stalled operations.</summary>
public sealed class ProgressAlertTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_stalled_operation_raises_an_alert_that_names_source_and_destination()
    {
        Assert.Empty(Find(Operation("1", "orders", 9.9, "nas")));
        var alert = Assert.Single(Find(Operation("1", "orders", 12, "nas")));
        Assert.Equal((AlertKind.NoProgress, AlertSeverity.Error, Now.AddMinutes(-12)), (alert.Kind, alert.Severity, alert.Since));
        Assert.Equal(("shop/orders", "shop", "nas"), (alert.Subject.Database, alert.Subject.Source, alert.Subject.Destination));
        foreach (var word in (string[])["'shop/orders'", "operation 1", "publishing", "12 minutes", "source 'shop'", "destination 'nas'"])
        {
            Assert.Contains(word, alert.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Stalled_operations_with_the_same_dependencies_raise_one_alert_that_names_the_longest()
    {
        var alerts = Find(
                Operation("1", "a", 11, "nas"),
                Operation("2", "b", 30, "nas"),
                Operation("3", "c", 15, "nas", "off"),
                Operation("4", "d", 1, "nas")
            )
            .ToList();
        Assert.Equal(2, alerts.Count);
        Assert.Contains(
            "'shop/b' (operation 2, publishing) and 1 more has made no progress for 30 minutes",
            alerts[0].Message,
            StringComparison.Ordinal
        );
        Assert.Null(alerts[1].Subject.Destination);
    }

    private static IEnumerable<Alert> Find(params OperationAlertInput[] running) =>
        AlertRules
            .Evaluate(
                new()
                {
                    Now = Now,
                    StartedAt = Now,
                    RunningOperations = running,
                }
            )
            .Where(a => a.Kind == AlertKind.NoProgress);

    private static OperationAlertInput Operation(string id, string database, double minutes, params string[] destinations) =>
        new(id, OperationKind.Backup, new("shop", database), "shop", destinations, "publishing", TimeSpan.FromMinutes(minutes));
}
