using Holdfast.Core.Alerts;
using Holdfast.Core.Alerts.Rules;
using Holdfast.Core.Databases;

namespace Holdfast.Core.Tests.Alerts;

public sealed class SourceAlertsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(30, false)]
    [InlineData(90, false)]
    [InlineData(91, true)]
    public void A_source_is_silent_three_intervals_after_its_last_discovery(int seconds, bool isSilent)
    {
        var alerts = Find(
            new()
            {
                Now = Now,
                StartedAt = Now,
                Sources = [new("shop", null) { LastDiscovery = Now.AddSeconds(-seconds) }],
            }
        );
        Assert.Equal(isSilent ? [AlertKind.SourceSilent] : [], alerts.Select(a => a.Kind));
    }

    [Fact]
    public void A_failing_source_and_one_with_a_wrong_identity_raise_different_alerts()
    {
        var alerts = Find(
            new()
            {
                Now = Now,
                StartedAt = Now,
                Sources = [new("a", new("source-unreadable", "no", null)), new("b", new("source-identity", "another", "confirm"))],
            }
        );
        Assert.Equal([(AlertKind.SourceDown, "a"), (AlertKind.SourceIdentity, "b")], alerts.Select(a => (a.Kind, a.Subject.Source!)));
        Assert.Equal("confirm", alerts[1].Hint);
    }

    [Fact]
    public void Missing_databases_raise_one_alert_for_their_source_since_the_first_loss()
    {
        var alert = Assert.Single(
            Find(
                new()
                {
                    Now = Now,
                    StartedAt = Now,
                    Sources = [new("shop", null)],
                    Databases = [Missing("a", -5), Missing("b", -9), Missing("c", -7) with { Dropped = Now }],
                }
            )
        );
        Assert.Equal((AlertKind.SourceShrunk, "shop", Now.AddMinutes(-9)), (alert.Kind, alert.Subject.Source, alert.Since));
        Assert.Contains("has lost 2 databases within a day", alert.Message, StringComparison.Ordinal);
        Assert.Contains("holdfast source confirm shop", alert.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alert_for_a_source_that_is_no_longer_configured_states_the_next_step()
    {
        var alert = Assert.Single(
            Find(
                new()
                {
                    Now = Now,
                    StartedAt = Now,
                    Sources = [new("other", null)],
                    Databases = [Missing("a", -5), Missing("b", -9)],
                }
            )
        );
        Assert.Equal((AlertKind.SourceSilent, "shop", Now.AddMinutes(-9)), (alert.Kind, alert.Subject.Source, alert.Since));
        Assert.Contains("no longer configured on this node: 2 databases", alert.Message, StringComparison.Ordinal);
        Assert.Contains("holdfast source confirm shop", alert.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_one_identity_at_two_locations_raises_an_alert_for_a_copy()
    {
        SourceAlertInput a = new("a", null) { Identity = "x", Location = "disk-1" };
        Assert.Empty(
            Find(
                new()
                {
                    Now = Now,
                    StartedAt = Now,
                    Sources = [a, a with { Name = "b" }, new("c", null) { Identity = "y" }, new("d", null) { Identity = "y" }],
                }
            )
        );
        var copy = Assert.Single(
            Find(
                new()
                {
                    Now = Now,
                    StartedAt = Now,
                    Sources = [a, a with { Name = "b", Location = "disk-2" }],
                }
            )
        );
        Assert.Equal(AlertKind.SourceIdentity, copy.Kind);
        Assert.StartsWith("The sources 'a' and 'b' have the same identity x ", copy.Message, StringComparison.Ordinal);
    }

    private static List<Alert> Find(AlertSnapshot snapshot) => [.. SourceAlerts.Evaluate(snapshot)];

    private static DatabaseRecord Missing(string name, int minutes) =>
        new()
        {
            Id = new("shop", name),
            Engine = "sqlite",
            FirstSeen = Now,
            MissingSince = Now.AddMinutes(minutes),
        };
}
