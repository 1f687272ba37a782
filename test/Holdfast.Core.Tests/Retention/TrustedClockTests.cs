using Holdfast.Core.Alerts;
using Holdfast.Core.Retention;

namespace Holdfast.Core.Tests.Retention;

/// <summary>The trusted clock of a node when the wall clock disagrees.</summary>
public sealed class TrustedClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly TrustedClock _clock = TrustedClock.Start(Noon, "one", TimeSpan.FromHours(5));

    [Fact]
    public void It_advances_while_the_machine_runs()
    {
        var later = _clock.Advance(Noon + (40 * Day), "one", TimeSpan.FromHours(5) + (40 * Day));
        Assert.Equal((Noon + (40 * Day), (DateTimeOffset?)null), (later.Time, later.Jumped));
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(5.1, true)]
    public void A_wall_clock_more_than_five_minutes_ahead_has_jumped(double minutes, bool jumped)
    {
        var later = _clock.Advance(Noon + Day + TimeSpan.FromMinutes(minutes), "one", TimeSpan.FromHours(5) + Day);
        Assert.Equal(Noon + Day, later.Time);
        Assert.Equal((jumped, false), (later.Jumped is not null, later.JumpedWhileOff));
    }

    [Fact]
    public void A_clock_that_is_corrected_again_has_no_effect()
    {
        var wrong = _clock.Advance(Noon + (20 * Day), "one", TimeSpan.FromHours(5) + Minute);
        Assert.Equal(Noon + (20 * Day), wrong.Jumped);
        var right = wrong.Advance(Noon + (2 * Minute), "one", TimeSpan.FromHours(5) + (2 * Minute));
        Assert.Equal((Noon + (2 * Minute), (DateTimeOffset?)null), (right.Time, right.Jumped));
    }

    [Fact]
    public void A_clock_that_was_set_back_is_not_followed()
    {
        var later = _clock.Advance(Noon - (20 * Day), "one", TimeSpan.FromHours(6));
        Assert.Equal((Noon + TimeSpan.FromHours(1), (DateTimeOffset?)null), (later.Time, later.Jumped));
    }

    [Fact]
    public void Time_off_of_less_than_a_day_is_credited()
    {
        var later = _clock.Advance(Noon + TimeSpan.FromHours(20), "two", Minute);
        Assert.Equal((Noon + TimeSpan.FromHours(20), (DateTimeOffset?)null), (later.Time, later.Jumped));
    }

    [Fact]
    public void Time_off_is_credited_as_one_day_at_most_however_often_the_machine_boots()
    {
        var clock = _clock;
        for (var start = 0; start < 30; start++)
        {
            clock = clock.Advance(Noon + (20 * Day), $"start {start}", Minute);
        }
        Assert.Equal((Noon + Day, Noon + (20 * Day), true), (clock.Time, clock.Jumped!.Value, clock.JumpedWhileOff));
    }

    [Fact]
    public void A_restart_of_the_server_alone_credits_the_machines_uptime()
    {
        var later = _clock.Advance(Noon + (20 * Day), "one", TimeSpan.FromHours(5) + (20 * Day));
        Assert.Equal((Noon + (20 * Day), (DateTimeOffset?)null), (later.Time, later.Jumped));
    }

    [Fact]
    public void A_clock_synchronized_just_after_boot_counts_as_time_off_and_later_it_does_not()
    {
        var started = _clock.Advance(Noon - (1000 * Day), "two", Minute);
        var soon = started.Advance(Noon + (20 * Day), "two", 2 * Minute);
        Assert.Equal((true, Noon + Day + Minute), (soon.JumpedWhileOff, soon.Time));
        var late = started.Advance(Noon + (20 * Day), "two", 20 * Minute);
        Assert.Equal((false, Noon + (19 * Minute)), (late.JumpedWhileOff, late.Time));
    }

    [Fact]
    public void Two_full_backups_an_hour_apart_confirm_the_clock_after_time_off()
    {
        var back = Noon + (20 * Day);
        var now = back + (2 * 60 * Minute);
        var clock = _clock.Advance(back, "two", Minute).Advance(now, "two", 121 * Minute);
        Assert.False(clock.IsConfirmedBy([Noon - Day, back + Minute], now));
        Assert.False(clock.IsConfirmedBy([Noon - Day, back + Minute, back + (30 * Minute)], now));
        Assert.True(clock.IsConfirmedBy([Noon - Day, back + Minute, back + (61 * Minute)], now));
    }

    [Fact]
    public void A_confirmation_of_time_off_does_not_confirm_a_later_jump()
    {
        var back = Noon + (3 * Day);
        var started = _clock.Advance(back, "two", Minute);
        DateTimeOffset[] fulls = [back + (7 * Day), back + (14 * Day)];
        var right = back + (15 * Day);
        var later = started.Advance(right, "two", Minute + (15 * Day));
        Assert.True(later.IsConfirmedBy(fulls, right));
        var wrong = right + (20 * Day);
        // a clock set forward while it runs
        Assert.False(later.Advance(wrong, "two", (2 * Minute) + (15 * Day)).IsConfirmedBy([.. fulls, wrong], wrong));
        // and corrected again
        Assert.True(later.Advance(right + (2 * Minute), "two", (3 * Minute) + (15 * Day)).IsConfirmedBy(fulls, right + (2 * Minute)));
        var again = right + (9 * Day);
        Assert.False(later.Advance(again, "three", Minute).IsConfirmedBy([.. fulls, again], again)); // needs two full backups of its own
    }

    [Fact]
    public void Full_backups_do_not_confirm_a_jump_while_the_machine_ran()
    {
        var wrong = Noon + (20 * Day);
        Assert.False(_clock.Advance(wrong, "one", TimeSpan.FromHours(5)).IsConfirmedBy([wrong, wrong + Day, wrong + (2 * Day)], wrong));
    }

    [Fact]
    public void An_operators_confirmation_is_accepted()
    {
        var back = Noon + (20 * Day);
        var clock = _clock.Advance(back, "two", Minute).Confirm(back);
        Assert.Equal((back, (DateTimeOffset?)null), (clock.Time, clock.Jumped));
        Assert.Equal(Noon, clock.Since);
    }

    [Fact]
    public void The_alert_is_active_while_the_clock_is_ahead_and_states_by_how_much()
    {
        var clock = _clock.Advance(Noon + (20 * Day), "two", Minute);
        var alert = Assert.Single(
            AlertRules.Evaluate(
                new()
                {
                    Now = Noon,
                    StartedAt = Noon,
                    Clock = clock,
                }
            )
        );
        Assert.Equal((AlertKind.ClockJumped, AlertSeverity.Warning, Noon + (20 * Day)), (alert.Kind, alert.Severity, alert.Since));
        Assert.Contains("19 days", alert.Message, StringComparison.Ordinal);
        Assert.Contains("confirm-clock", alert.Hint, StringComparison.Ordinal);
        Assert.Empty(
            AlertRules.Evaluate(
                new()
                {
                    Now = Noon,
                    StartedAt = Noon,
                    Clock = clock.Confirm(Noon + (20 * Day)),
                }
            )
        );
    }
}
