using CsCheck;
using Holdfast.Core.Retention;

namespace Holdfast.Core.Tests.Retention;

/// <summary>Which chains go, which stay, and when an operator is asked.</summary>
public sealed class RetentionPlanTests
{
    private static readonly DateTimeOffset Now = new(2027, 6, 1, 2, 0, 0, TimeSpan.Zero);
    private static readonly RetentionPolicy Week = new(TimeSpan.FromDays(7));
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // Some chains around now, few and many, with gaps and out of order, in the future too.
    private static readonly Gen<StoredChainInfo[]> Chains = Gen.Select(Gen.Int[-60 * 24, 48], Gen.Int[0, 240], Gen.Int[0, 3])
        .Array[0, 25]
        .Select(all =>
            all.Select(
                    (c, i) =>
                        new StoredChainInfo(
                            $"chain{i}",
                            Now.AddHours(c.Item1),
                            Now.AddHours(c.Item1 + (c.Item3 == 0 ? 0 : c.Item2)),
                            c.Item3 != 1,
                            "task"
                        )
                )
                .ToArray()
        );

    private static readonly Gen<TimeSpan> Ages = Gen.Int[1, 60].Select(d => TimeSpan.FromDays(d));

    [Fact]
    public void A_chain_goes_when_its_newest_archive_is_older_than_the_minimum_age()
    {
        var plan = RetentionPlan.For([Chain(20, newest: 8), Chain(14, newest: 6), Chain(1)], Week, Now);
        Assert.Equal(["20"], plan.Going.Select(c => c.Path));
        Assert.Equal(["14", "1"], plan.Staying.Select(c => c.Path));
        Assert.Equal(plan.Going, plan.Deletes);
        Assert.Equal(RetentionBrake.None, plan.Brake);
    }

    [Fact]
    public void A_chain_that_is_exactly_as_old_as_the_minimum_age_stays() =>
        Assert.Empty(RetentionPlan.For([Chain(7), Chain(0)], Week, Now).Going);

    [Fact]
    public void The_newest_complete_chain_always_stays() => Assert.Empty(RetentionPlan.For([Chain(700)], Week, Now).Going);

    [Fact]
    public void What_is_newer_than_the_newest_complete_chain_stays_though_it_is_incomplete_and_old()
    {
        var plan = RetentionPlan.For([Chain(30), Chain(20), Chain(15, complete: false), Chain(10, complete: false)], Week, Now);
        Assert.Equal(["30"], plan.Going.Select(c => c.Path));
    }

    [Fact]
    public void An_incomplete_chain_that_goes_on_after_the_newest_complete_one_stays() =>
        Assert.Equal(
            ["40"],
            RetentionPlan
                .For([Chain(40), Chain(30, newest: 9, complete: false), Chain(20, newest: 12)], Week, Now)
                .Going.Select(c => c.Path)
        );

    [Fact]
    public void A_chain_with_the_newest_archive_stays_and_so_does_one_that_began_after_it() =>
        Assert.Equal(["30"], RetentionPlan.For([Chain(30), Chain(20, newest: 8), Chain(12)], Week, Now).Going.Select(c => c.Path));

    [Fact]
    public void Incomplete_chains_go_when_they_are_old() =>
        Assert.Equal(
            ["20", "10"],
            RetentionPlan
                .For([Chain(20, complete: false), Chain(10, complete: false), Chain(3, complete: false), Chain(0)], Week, Now)
                .Going.Select(c => c.Path)
        );

    [Fact]
    public void Nothing_goes_while_no_chain_is_complete() =>
        Assert.Empty(
            RetentionPlan.For([Chain(60, complete: false), Chain(50, complete: false), Chain(0, complete: false)], Week, Now).Going
        );

    [Fact]
    public void Without_a_policy_all_are_kept_for_ever() => Assert.Empty(RetentionPlan.For([Chain(4_000), Chain(0)], null, Now).Going);

    [Fact]
    public void No_policy_deletes_what_is_younger_than_a_day() =>
        Assert.Empty(RetentionPlan.For([Chain(0.9), Chain(0.5), Chain(0)], new(TimeSpan.FromHours(1)), Now).Going);

    [Fact]
    public void Chains_of_several_tasks_are_refused() =>
        Assert.Throws<ArgumentException>(() => RetentionPlan.For([Chain(1), Chain(2) with { TaskId = "other" }], Week, Now));

    [Fact]
    public void No_chains_make_an_empty_plan()
    {
        var plan = RetentionPlan.For([], Week, Now);
        Assert.Empty(plan.Going);
        Assert.Empty(plan.Staying);
    }

    [Theory]
    [InlineData(3, 0, false)] // three are never too many
    [InlineData(4, 4, false)] // with the newest: 4 of 9
    [InlineData(4, 3, false)] // 4 of 8 is half
    [InlineData(4, 2, true)] // 4 of 7
    [InlineData(4, 0, true)]
    [InlineData(20, 19, false)]
    [InlineData(20, 18, true)]
    public void Four_or_more_and_more_than_half_wait_for_an_operator(int old, int young, bool held)
    {
        var chains = Enumerable
            .Range(0, old)
            .Select(i => Chain(100 - i))
            .Concat(Enumerable.Range(0, young).Select(i => Chain(60 - i)))
            .Append(Chain(0))
            .ToList();
        var plan = RetentionPlan.For(chains, new(TimeSpan.FromDays(80)), Now, usualGap: TimeSpan.FromDays(60));
        Assert.Equal(old, plan.Going.Count);
        Assert.Equal(held ? RetentionBrake.TooMany : RetentionBrake.None, plan.Brake);
        Assert.Equal(held ? 0 : old, plan.Deletes.Count);
        Assert.Equal(held, plan.BrakeReason?.Contains($"{old} of {chains.Count}", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void An_approval_lets_a_plan_through()
    {
        List<StoredChainInfo> chains = [Chain(34), Chain(33), Chain(32), Chain(31), Chain(0)];
        Assert.Empty(RetentionPlan.For(chains, Week, Now).Deletes);
        var plan = RetentionPlan.For(chains, Week, Now, approved: true);
        Assert.Equal(4, plan.Deletes.Count);
        Assert.NotEqual(RetentionBrake.None, plan.Brake); // what was approved stays told
    }

    [Fact]
    public void A_backup_that_lies_in_the_future_holds_the_plan()
    {
        var plan = RetentionPlan.For([Chain(20), Chain(1), Chain(-0.1)], Week, Now);
        Assert.Equal(RetentionBrake.ClockJump, plan.Brake);
        Assert.Contains("-0.1", plan.BrakeReason, StringComparison.Ordinal);
        Assert.Empty(plan.Deletes);
        // half an hour: nodes differ a little
        Assert.Equal(RetentionBrake.None, RetentionPlan.For([Chain(20), Chain(1), Chain(-0.02)], Week, Now).Brake);
    }

    [Fact]
    public void A_complete_chain_from_the_future_does_not_let_the_newest_real_one_go()
    {
        var plan = RetentionPlan.For([Chain(30), Chain(20), Chain(-1000)], Week, Now, approved: true);
        Assert.Equal(["30"], plan.Deletes.Select(c => c.Path));
        Assert.Empty(RetentionPlan.For([Chain(30, complete: false), Chain(-1000)], Week, Now, approved: true).Deletes);
    }

    // Every day a chain; then the clock is set forward by a year, and the next one is made.
    [Fact]
    public void A_clock_that_is_set_forward_holds_the_plan_until_it_is_approved()
    {
        List<StoredChainInfo> chains = [Chain(368), Chain(367), Chain(366)];
        // seen before the first backup after it
        Assert.Equal(RetentionBrake.ClockJump, RetentionPlan.For(chains, Week, Now, usualGap: Day).Brake);
        chains.Add(Chain(0));
        var plan = RetentionPlan.For(chains, Week, Now, usualGap: Day);
        Assert.Equal((3, RetentionBrake.ClockJump, 0), (plan.Going.Count, plan.Brake, plan.Deletes.Count));
        Assert.Contains("2027-06-01", plan.BrakeReason, StringComparison.Ordinal);

        chains.Add(Chain(-1));
        Assert.Equal(RetentionBrake.ClockJump, RetentionPlan.For(chains, Week, Now + Day, usualGap: Day).Brake); // and the next day still
        Assert.Equal(3, RetentionPlan.For(chains, Week, Now + Day, approved: true, usualGap: Day).Deletes.Count);
    }

    // Had the clock been right, the chains would have become too old by then.
    [Fact]
    public void A_clock_jump_that_is_longer_ago_than_the_minimum_age_holds_nothing()
    {
        var chains = Enumerable.Range(0, 9).Select(i => Chain(i)).Append(Chain(366)).ToList();
        Assert.Equal(["366", "8"], RetentionPlan.For(chains, Week, Now, usualGap: Day).Deletes.Select(c => c.Path));
    }

    [Theory]
    [InlineData(91, false)] // a full every quarter
    [InlineData(1, true)]
    [InlineData(null, true)]
    public void A_gap_that_the_schedule_means_is_no_clock_jump(int? usual, bool held) =>
        Assert.Equal(
            held ? RetentionBrake.ClockJump : RetentionBrake.None,
            RetentionPlan.For([Chain(183), Chain(92), Chain(0)], Week, Now, usualGap: usual is { } d ? TimeSpan.FromDays(d) : null).Brake
        );

    [Fact]
    public void A_schedule_that_comes_once_only_has_no_gap_to_suspect() =>
        Assert.Equal(RetentionBrake.None, RetentionPlan.For([Chain(3_000), Chain(0)], Week, Now, usualGap: TimeSpan.MaxValue).Brake);

    [Fact]
    public void A_brake_is_told_only_where_something_goes() =>
        Assert.Equal(RetentionBrake.None, RetentionPlan.For([Chain(1), Chain(-100)], Week, Now).Brake);

    [Fact]
    public void The_newest_complete_chain_never_goes_and_nothing_younger_than_the_age() =>
        Gen.Select(Chains, Ages, Gen.Bool)
            .Sample(
                (chains, age, approved) =>
                {
                    var plan = RetentionPlan.For(chains, new(age), Now, approved);
                    Assert.Equal(chains.OrderBy(c => c.Path), plan.Going.Concat(plan.Staying).OrderBy(c => c.Path));
                    Assert.All(plan.Going, c => Assert.True(Now - c.Newest > age));
                    Assert.Equal(Newest(chains, DateTimeOffset.MaxValue), Newest(plan.Staying, DateTimeOffset.MaxValue));
                    Assert.Equal(
                        Newest(chains, Now + RetentionPlan.ClockDifference),
                        Newest(plan.Staying, Now + RetentionPlan.ClockDifference)
                    );
                    Assert.True(plan.Deletes.Count == 0 || approved || plan.Deletes.Count < 4 || plan.Deletes.Count * 2 <= chains.Length);

                    static DateTimeOffset? Newest(IEnumerable<StoredChainInfo> all, DateTimeOffset until) =>
                        all.Where(c => c.IsComplete && c.Newest <= until).Max(c => (DateTimeOffset?)c.Newest);
                },
                iter: 2_000
            );

    [Fact]
    public void Once_a_plan_is_carried_out_nothing_more_goes() =>
        Gen.Select(Chains, Ages, Gen.Bool)
            .Sample(
                (chains, age, approved) =>
                {
                    var plan = RetentionPlan.For(chains, new(age), Now, approved);
                    var left = chains.Except(plan.Deletes).ToList();
                    var again = RetentionPlan.For(left, new(age), Now, approved);
                    return again.Deletes.Count == 0 && again.Going.SequenceEqual(plan.Going.Except(plan.Deletes));
                },
                iter: 2_000
            );

    [Fact]
    public void The_order_in_which_chains_are_listed_does_not_matter() =>
        Gen.Select(Chains, Ages)
            .Sample(
                (chains, age) =>
                    RetentionPlan
                        .For(chains, new(age), Now)
                        .Going.SequenceEqual(RetentionPlan.For(chains.Reverse().ToList(), new(age), Now).Going)
            );

    [Fact]
    public void A_longer_age_never_lets_more_go() =>
        Gen.Select(Chains, Ages, Ages)
            .Sample(
                (chains, age, more) =>
                    !RetentionPlan.For(chains, new(age + more), Now).Going.Except(RetentionPlan.For(chains, new(age), Now).Going).Any()
            );

    private static StoredChainInfo Chain(double daysAgo, double? newest = null, bool complete = true) =>
        new(
            daysAgo.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Now.AddDays(-daysAgo),
            Now.AddDays(-(newest ?? daysAgo)),
            complete,
            "task"
        );
}
