using CsCheck;
using Holdfast.Core.Retention;

namespace Holdfast.Core.Tests.Retention;

/// <summary>Which chains expire, which are retained, and when approval is required.</summary>
public sealed class RetentionPlanTests
{
    private static readonly DateTimeOffset Now = new(2027, 6, 1, 2, 0, 0, TimeSpan.Zero);
    private static readonly RetentionPolicy Week = new(TimeSpan.FromDays(7));
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // Chains around now, few and many, with gaps and out of order, including some in the future.
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
    public void A_chain_expires_when_its_newest_archive_is_older_than_the_minimum_age()
    {
        var plan = RetentionPlan.Create([Chain(20, newest: 8), Chain(14, newest: 6), Chain(1)], Week, Now);
        Assert.Equal(["20"], plan.Expired.Select(c => c.Path));
        Assert.Equal(["14", "1"], plan.Retained.Select(c => c.Path));
        Assert.Equal(plan.Expired, plan.Deletable);
        Assert.Equal(RetentionGuard.None, plan.Guard);
    }

    [Fact]
    public void A_chain_exactly_as_old_as_the_minimum_age_is_retained() =>
        Assert.Empty(RetentionPlan.Create([Chain(7), Chain(0)], Week, Now).Expired);

    [Fact]
    public void The_newest_complete_chain_is_always_retained() => Assert.Empty(RetentionPlan.Create([Chain(700)], Week, Now).Expired);

    [Fact]
    public void Chains_newer_than_the_newest_complete_one_are_retained_even_if_incomplete_and_old()
    {
        var plan = RetentionPlan.Create([Chain(30), Chain(20), Chain(15, complete: false), Chain(10, complete: false)], Week, Now);
        Assert.Equal(["30"], plan.Expired.Select(c => c.Path));
    }

    [Fact]
    public void An_incomplete_chain_that_continues_after_the_newest_complete_one_is_retained() =>
        Assert.Equal(
            ["40"],
            RetentionPlan
                .Create([Chain(40), Chain(30, newest: 9, complete: false), Chain(20, newest: 12)], Week, Now)
                .Expired.Select(c => c.Path)
        );

    [Fact]
    public void A_chain_with_the_newest_archive_is_retained_and_so_is_one_that_began_after_it() =>
        Assert.Equal(["30"], RetentionPlan.Create([Chain(30), Chain(20, newest: 8), Chain(12)], Week, Now).Expired.Select(c => c.Path));

    [Fact]
    public void Old_incomplete_chains_expire() =>
        Assert.Equal(
            ["20", "10"],
            RetentionPlan
                .Create([Chain(20, complete: false), Chain(10, complete: false), Chain(3, complete: false), Chain(0)], Week, Now)
                .Expired.Select(c => c.Path)
        );

    [Fact]
    public void Nothing_expires_while_no_chain_is_complete() =>
        Assert.Empty(
            RetentionPlan.Create([Chain(60, complete: false), Chain(50, complete: false), Chain(0, complete: false)], Week, Now).Expired
        );

    [Fact]
    public void Without_a_policy_all_chains_are_retained() =>
        Assert.Empty(RetentionPlan.Create([Chain(4_000), Chain(0)], null, Now).Expired);

    [Fact]
    public void No_policy_deletes_chains_younger_than_a_day() =>
        Assert.Empty(RetentionPlan.Create([Chain(0.9), Chain(0.5), Chain(0)], new(TimeSpan.FromHours(1)), Now).Expired);

    [Fact]
    public void Chains_of_several_tasks_are_refused() =>
        Assert.Throws<ArgumentException>(() => RetentionPlan.Create([Chain(1), Chain(2) with { TaskId = "other" }], Week, Now));

    [Fact]
    public void Without_chains_the_plan_is_empty()
    {
        var plan = RetentionPlan.Create([], Week, Now);
        Assert.Empty(plan.Expired);
        Assert.Empty(plan.Retained);
    }

    [Theory]
    [InlineData(3, 0, false)] // three never require approval
    [InlineData(4, 4, false)] // with the newest: 4 of 9
    [InlineData(4, 3, false)] // 4 of 8 is half
    [InlineData(4, 2, true)] // 4 of 7
    [InlineData(4, 0, true)]
    [InlineData(20, 19, false)]
    [InlineData(20, 18, true)]
    public void Deleting_at_least_four_chains_and_more_than_half_requires_approval(int old, int young, bool held)
    {
        var chains = Enumerable
            .Range(0, old)
            .Select(i => Chain(100 - i))
            .Concat(Enumerable.Range(0, young).Select(i => Chain(60 - i)))
            .Append(Chain(0))
            .ToList();
        var plan = RetentionPlan.Create(chains, new(TimeSpan.FromDays(80)), Now, fullBackupInterval: TimeSpan.FromDays(60));
        Assert.Equal(old, plan.Expired.Count);
        Assert.Equal(held ? RetentionGuard.TooMany : RetentionGuard.None, plan.Guard);
        Assert.Equal(held ? 0 : old, plan.Deletable.Count);
        Assert.Equal(held, plan.GuardReason?.Contains($"{old} of {chains.Count}", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void An_approved_plan_is_deletable()
    {
        List<StoredChainInfo> chains = [Chain(34), Chain(33), Chain(32), Chain(31), Chain(0)];
        Assert.Empty(RetentionPlan.Create(chains, Week, Now).Deletable);
        var plan = RetentionPlan.Create(chains, Week, Now, approved: true);
        Assert.Equal(4, plan.Deletable.Count);
        Assert.NotEqual(RetentionGuard.None, plan.Guard); // the guard stays visible after approval
    }

    [Fact]
    public void A_backup_in_the_future_blocks_the_plan()
    {
        var plan = RetentionPlan.Create([Chain(20), Chain(1), Chain(-0.1)], Week, Now);
        Assert.Equal(RetentionGuard.ClockJump, plan.Guard);
        Assert.Contains("-0.1", plan.GuardReason, StringComparison.Ordinal);
        Assert.Empty(plan.Deletable);
        // half an hour: clocks of nodes differ slightly
        Assert.Equal(RetentionGuard.None, RetentionPlan.Create([Chain(20), Chain(1), Chain(-0.02)], Week, Now).Guard);
    }

    [Fact]
    public void A_complete_chain_in_the_future_does_not_let_the_newest_real_one_expire()
    {
        var plan = RetentionPlan.Create([Chain(30), Chain(20), Chain(-1000)], Week, Now, approved: true);
        Assert.Equal(["30"], plan.Deletable.Select(c => c.Path));
        Assert.Empty(RetentionPlan.Create([Chain(30, complete: false), Chain(-1000)], Week, Now, approved: true).Deletable);
    }

    // A chain every day; then the clock is set forward by a year, and the next one is made.
    [Fact]
    public void A_clock_that_is_set_forward_blocks_the_plan_until_it_is_approved()
    {
        List<StoredChainInfo> chains = [Chain(368), Chain(367), Chain(366)];
        // detected before the first backup after the jump
        Assert.Equal(RetentionGuard.ClockJump, RetentionPlan.Create(chains, Week, Now, fullBackupInterval: Day).Guard);
        chains.Add(Chain(0));
        var plan = RetentionPlan.Create(chains, Week, Now, fullBackupInterval: Day);
        Assert.Equal((3, RetentionGuard.ClockJump, 0), (plan.Expired.Count, plan.Guard, plan.Deletable.Count));
        Assert.Contains("2027-06-01", plan.GuardReason, StringComparison.Ordinal);

        chains.Add(Chain(-1));
        Assert.Equal(RetentionGuard.ClockJump, RetentionPlan.Create(chains, Week, Now + Day, fullBackupInterval: Day).Guard); // next day
        Assert.Equal(3, RetentionPlan.Create(chains, Week, Now + Day, approved: true, fullBackupInterval: Day).Deletable.Count);
    }

    // Had the clock been right, the chains would have become too old by then.
    [Fact]
    public void A_clock_jump_older_than_the_minimum_age_blocks_nothing()
    {
        var chains = Enumerable.Range(0, 9).Select(i => Chain(i)).Append(Chain(366)).ToList();
        Assert.Equal(["366", "8"], RetentionPlan.Create(chains, Week, Now, fullBackupInterval: Day).Deletable.Select(c => c.Path));
    }

    [Theory]
    [InlineData(91, false)] // a full backup every quarter
    [InlineData(1, true)]
    [InlineData(null, true)]
    public void A_gap_that_the_schedule_implies_is_no_clock_jump(int? usual, bool held) =>
        Assert.Equal(
            held ? RetentionGuard.ClockJump : RetentionGuard.None,
            RetentionPlan
                .Create([Chain(183), Chain(92), Chain(0)], Week, Now, fullBackupInterval: usual is { } d ? TimeSpan.FromDays(d) : null)
                .Guard
        );

    [Fact]
    public void A_schedule_with_a_single_slot_has_no_suspicious_gap() =>
        Assert.Equal(
            RetentionGuard.None,
            RetentionPlan.Create([Chain(3_000), Chain(0)], Week, Now, fullBackupInterval: TimeSpan.MaxValue).Guard
        );

    [Fact]
    public void The_guard_is_set_only_if_chains_have_expired() =>
        Assert.Equal(RetentionGuard.None, RetentionPlan.Create([Chain(1), Chain(-100)], Week, Now).Guard);

    [Fact]
    public void The_newest_complete_chain_never_expires_and_neither_does_a_younger_one() =>
        Gen.Select(Chains, Ages, Gen.Bool)
            .Sample(
                (chains, age, approved) =>
                {
                    var plan = RetentionPlan.Create(chains, new(age), Now, approved);
                    Assert.Equal(chains.OrderBy(c => c.Path), plan.Expired.Concat(plan.Retained).OrderBy(c => c.Path));
                    Assert.All(plan.Expired, c => Assert.True(Now - c.NewestStartTime > age));
                    Assert.Equal(Newest(chains, DateTimeOffset.MaxValue), Newest(plan.Retained, DateTimeOffset.MaxValue));
                    Assert.Equal(
                        Newest(chains, Now + RetentionPlan.ClockTolerance),
                        Newest(plan.Retained, Now + RetentionPlan.ClockTolerance)
                    );
                    Assert.True(
                        plan.Deletable.Count == 0 || approved || plan.Deletable.Count < 4 || plan.Deletable.Count * 2 <= chains.Length
                    );

                    static DateTimeOffset? Newest(IEnumerable<StoredChainInfo> all, DateTimeOffset until) =>
                        all.Where(c => c.IsComplete && c.NewestStartTime <= until).Max(c => (DateTimeOffset?)c.NewestStartTime);
                },
                iter: 2_000
            );

    [Fact]
    public void After_a_plan_is_executed_nothing_more_expires() =>
        Gen.Select(Chains, Ages, Gen.Bool)
            .Sample(
                (chains, age, approved) =>
                {
                    var plan = RetentionPlan.Create(chains, new(age), Now, approved);
                    var left = chains.Except(plan.Deletable).ToList();
                    var again = RetentionPlan.Create(left, new(age), Now, approved);
                    return again.Deletable.Count == 0 && again.Expired.SequenceEqual(plan.Expired.Except(plan.Deletable));
                },
                iter: 2_000
            );

    [Fact]
    public void The_order_in_which_chains_are_listed_does_not_matter() =>
        Gen.Select(Chains, Ages)
            .Sample(
                (chains, age) =>
                    RetentionPlan
                        .Create(chains, new(age), Now)
                        .Expired.SequenceEqual(RetentionPlan.Create(chains.Reverse().ToList(), new(age), Now).Expired)
            );

    [Fact]
    public void A_longer_age_never_expires_more() =>
        Gen.Select(Chains, Ages, Ages)
            .Sample(
                (chains, age, more) =>
                    !RetentionPlan
                        .Create(chains, new(age + more), Now)
                        .Expired.Except(RetentionPlan.Create(chains, new(age), Now).Expired)
                        .Any()
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
