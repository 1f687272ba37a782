using CsCheck;
using Holdfast.Core.Cluster;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Cluster;

/// <summary>Selection of the node that runs a task.</summary>
public sealed class ResponsibleNodeSelectorTests
{
    private static readonly DateTimeOffset Now = new(2027, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Grace = ResponsibleNodeSelector.DefaultGrace;
    private static readonly BackupTask Any = Task(0);

    // Groups of up to six nodes, live and not, in any role.
    private static readonly Gen<GroupMember[]> Groups = Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[0, 60])
        .Array[0, 6]
        .Select(all =>
            all.Select(
                    (m, i) => Member(((char)('A' + i)).ToString(), m.Item1, m.Item2 ? DatabaseRole.Primary : DatabaseRole.Replica, m.Item3)
                )
                .ToArray()
        );

    [Fact]
    public void The_current_node_keeps_its_task_while_it_is_live()
    {
        GroupMember[] group = [Live("A"), Live("B"), Live("C")];
        foreach (var node in new[] { "A", "B", "C" })
        {
            Assert.Equal(node, Choose(Any, node, group));
        }
    }

    [Fact]
    public void A_live_primary_keeps_its_task_when_replicas_join() =>
        Assert.Equal("A", Choose(Any, "A", [Live("A", DatabaseRole.Primary), Live("B"), Live("C")]));

    [Theory]
    [InlineData(0, "A")]
    [InlineData(29, "A")]
    [InlineData(30, "B")]
    [InlineData(6_000, "B")]
    public void An_unavailable_node_loses_its_task_after_the_grace_period(int minutes, string expected) =>
        Assert.Equal(expected, Choose(Any, "A", [Gone("A", minutes), Live("B")]));

    [Fact]
    public void A_node_that_returns_within_the_grace_period_keeps_its_task() => Assert.Equal("A", Choose(Any, "A", [Live("A"), Live("B")]));

    [Fact]
    public void A_task_that_has_moved_stays_when_the_old_node_returns() => Assert.Equal("B", Choose(Any, "B", [Live("A"), Live("B")]));

    [Fact]
    public void A_node_that_has_left_the_group_loses_its_task_at_once() => Assert.Equal("B", Choose(Any, "X", [Live("B")]));

    [Fact]
    public void A_task_stays_while_no_other_node_is_live() => Assert.Equal("A", Choose(Any, "A", [Gone("A", 6_000), Gone("B", 1)]));

    [Fact]
    public void A_task_that_no_node_can_run_is_unassigned()
    {
        Assert.Null(Choose(Any, null, []));
        Assert.Null(Choose(Any, "X", []));
        Assert.Null(Choose(Any, null, [Gone("A", 1)]));
    }

    [Fact]
    public void Replicas_are_preferred_to_the_primary()
    {
        Assert.Equal("B", Choose(Any, null, [Live("A", DatabaseRole.Primary), Live("B")]));
        Assert.Equal("A", Choose(Any, null, [Live("A", DatabaseRole.Primary), Gone("B", 99)]));
    }

    [Fact]
    public void The_preferred_node_runs_the_task_while_it_is_live_and_gets_it_back()
    {
        var task = Any with { PreferredNode = "A" };
        Assert.Equal("A", Choose(task, "B", [Live("A", DatabaseRole.Primary), Live("B")]));
        Assert.Equal("A", Choose(task, "A", [Gone("A", 10), Live("B")]));
        Assert.Equal("B", Choose(task, "A", [Gone("A", 31), Live("B")]));
        Assert.Equal("B", Choose(task, "B", [Gone("A", 99), Live("B")]));
        Assert.Equal("B", Choose(task, null, [Live("B")])); // not in the group
    }

    [Fact]
    public void A_node_unavailable_since_a_time_in_the_future_loses_its_task() =>
        Assert.Equal("B", Choose(Any, "A", [Gone("A", -6_000), Live("B")]));

    [Fact]
    public void Tasks_of_one_template_are_spread_over_the_nodes()
    {
        GroupMember[] group = [Live("A"), Live("B"), Live("C"), Live("D")];
        var counts = Enumerable.Range(0, 4_000).GroupBy(i => Choose(Task(i), null, group)).Select(g => g.Count()).ToList();
        Assert.Equal(4, counts.Count);
        Assert.All(counts, c => Assert.InRange(c, 850, 1_150));
    }

    [Fact]
    public void Two_tasks_of_one_database_need_not_share_a_node()
    {
        GroupMember[] group = [Live("A"), Live("B")];
        Assert.Equal(2, Enumerable.Range(0, 20).Select(i => Choose(Any with { Id = $"{i:0000000000}" }, null, group)).Distinct().Count());
    }

    [Fact]
    public void A_failing_node_moves_only_its_own_tasks_and_they_are_spread_over_the_others()
    {
        GroupMember[] before = [Live("A"), Live("B"), Live("C"), Live("D")];
        GroupMember[] after = [Live("A"), Gone("B", 31), Live("C"), Live("D")];
        var moved = new List<string>();
        foreach (var task in Enumerable.Range(0, 4_000).Select(Task))
        {
            var had = Choose(task, null, before)!;
            var has = Choose(task, had, after)!;
            if (had == "B")
            {
                moved.Add(has);
            }
            else
            {
                Assert.Equal(had, has);
            }
            Assert.Equal(has, Choose(task, null, after)); // a new leader without the assignment makes the same decision
        }

        Assert.All(moved.GroupBy(n => n), g => Assert.InRange(g.Count(), 250, 420));
    }

    [Fact]
    public void The_selected_node_is_in_the_group_and_either_live_or_current() =>
        Gen.Select(Groups, Gen.Int[0, 7], Gen.Int[0, 7], Gen.Int[0, 1_000])
            .Sample(
                (group, current, preferred, number) =>
                {
                    var task = Task(number) with { PreferredNode = Name(preferred) };
                    var chosen = Choose(task, Name(current), group);
                    var member = group.FirstOrDefault(m => m.Node == chosen);
                    Assert.Equal(chosen is null, member is null);
                    Assert.True(member is null || member.IsLive || chosen == Name(current));
                    Assert.True(chosen is not null || !group.Any(m => m.IsLive));
                    Assert.Equal(chosen, Choose(task, Name(current), group.Reverse().ToArray()));
                    Assert.Equal(chosen, Choose(task, chosen, group)); // the decision is stable
                }
            );

    [Fact]
    public void Twenty_thousand_selections_take_well_under_five_seconds()
    {
        GroupMember[] group = [Live("A"), Live("B"), Live("C"), Gone("D", 31), Live("E")];
        var took = ProcessorTime.Of(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                Choose(Any, "D", group);
            }
        });
        Assert.True(took < TimeSpan.FromSeconds(2), $"{took}");
    }

    private static string? Name(int number) => number is 0 or 7 ? null : ((char)('A' + number - 1)).ToString();

    private static BackupTask Task(int number) =>
        new()
        {
            Id = $"{number:0000000000}",
            Database = new("shop", $"db{number}"),
            Name = "x",
            Settings = new() { Type = BackupType.Snapshot },
            ScheduledSince = Now,
        };

    private static GroupMember Live(string node, DatabaseRole role = DatabaseRole.Replica) => Member(node, true, role, 0);

    private static GroupMember Gone(string node, int minutes) => Member(node, false, DatabaseRole.Replica, minutes);

    private static GroupMember Member(string node, bool live, DatabaseRole role, int minutes) =>
        new(node, role, live, Now.AddMinutes(-minutes));

    private static string? Choose(BackupTask task, string? current, GroupMember[] group) =>
        ResponsibleNodeSelector.Select(task, current is null ? null : new(current, 7), group, Now, Grace);
}
