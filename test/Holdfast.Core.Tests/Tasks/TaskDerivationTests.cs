using CsCheck;
using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Tasks;

/// <summary>Derivation of tasks from templates.</summary>
public sealed class TaskDerivationTests
{
    private static readonly DateTimeOffset Made = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DatabaseId Orders = new("shop", "orders");
    private static readonly DatabaseId Customers = new("shop", "customers");
    private static readonly Template All = new()
    {
        Id = "aaaaaaaaaa",
        Name = "All",
        Settings = new()
        {
            Type = BackupType.Snapshot,
            FullBackup = "0 2 * * 0",
            Destinations = ["attic"],
        },
        ScheduledSince = Made,
    };

    [Fact]
    public void A_derived_task_has_the_name_and_settings_of_its_template()
    {
        var task = Derive(All, Orders)!;
        Assert.Equal("Server Wide Backup, All", task.Name);
        Assert.Equal((Orders, All.Id, true), (task.Database, task.TemplateId, task.IsServerWide));
        Assert.Same(All.Settings, task.Settings);
        Assert.Matches("^[0-9a-f]{10}$", task.Id);
        Assert.Null(task.PreferredNode);
    }

    [Fact]
    public void Ids_have_80_bits_if_the_template_says_so_and_old_templates_keep_theirs()
    {
        Assert.Equal("619ad566a0", Derive(All, Orders)!.Id);
        Assert.Matches("^619ad566a0[0-9a-f]{10}$", Derive(All with { TaskIdDigits = TaskDerivation.IdDigits }, Orders)!.Id);
    }

    [Fact]
    public void An_excluded_database_has_no_derived_task_and_regains_it_when_included_again()
    {
        var before = Derive(All, Orders);
        Assert.Null(Derive(All with { Excluded = ["shop/orders"] }, Orders));
        Assert.NotNull(Derive(All with { Excluded = ["shop/orders"] }, Customers));
        Assert.Equal(before, Derive(All with { Excluded = [] }, Orders)); // with its id, so its history and chain continue
    }

    [Fact]
    public void A_rename_keeps_the_ids_of_derived_tasks()
    {
        var renamed = Derive(All with { Name = "Everything" }, Orders)!;
        Assert.Equal(Derive(All, Orders)!.Id, renamed.Id);
        Assert.Equal("Server Wide Backup, Everything", renamed.Name);
    }

    [Fact]
    public void An_edit_applies_to_every_derived_task_and_keeps_their_ids()
    {
        var edited = All with { Settings = All.Settings with { FullBackup = "0 3 * * *", Disabled = true } };
        foreach (var database in new[] { Orders, Customers })
        {
            Assert.Equal(Derive(All, database)! with { Settings = edited.Settings }, Derive(edited, database));
            Assert.False(Derive(edited, database)!.Settings.Runs);
        }
    }

    [Fact]
    public void Several_templates_give_one_task_each()
    {
        List<Template> templates =
        [
            All,
            All with
            {
                Id = "bbbbbbbbbb",
                Name = "Offsite",
            },
            All with
            {
                Id = "cccccccccc",
                Name = "Paused",
                Settings = All.Settings with { Disabled = true },
            },
        ];
        var tasks = templates.Select(t => Derive(t, Orders)!).ToList();
        Assert.Equal(["Server Wide Backup, All", "Server Wide Backup, Offsite", "Server Wide Backup, Paused"], tasks.Select(t => t.Name));
        Assert.Distinct(tasks.Select(t => t.Id));
    }

    [Fact]
    public void Every_database_of_a_template_has_a_task_id_of_its_own() =>
        Assert.Distinct(Enumerable.Range(0, 10_000).Select(i => Derive(All, new("shop", $"db{i}"))!.Id));

    [Fact]
    public void Slots_before_a_database_was_discovered_or_its_template_created_do_not_count()
    {
        Assert.Equal(Made, Derive(All, Orders, Made.AddDays(-100))!.ScheduledSince);
        Assert.Equal(Made.AddDays(100), Derive(All, Orders, Made.AddDays(100))!.ScheduledSince);
    }

    [Fact]
    public void Without_a_spread_all_tasks_start_at_their_slots() => Assert.Equal(TimeSpan.Zero, Derive(All, Orders)!.Offset);

    [Fact]
    public void Starts_are_spread_evenly_and_deterministically()
    {
        var spread = TimeSpan.FromHours(1);
        var offsets = Enumerable.Range(0, 6_000).Select(i => Derive(All with { Spread = spread }, new("shop", $"db{i}"))!.Offset).ToList();
        Assert.All(offsets, o => Assert.True(o >= TimeSpan.Zero && o < spread && o.Ticks % TimeSpan.TicksPerSecond == 0));
        // about 100 in each of the 60 minutes
        Assert.All(offsets.GroupBy(o => (int)o.TotalMinutes), minute => Assert.InRange(minute.Count(), 50, 150));
        Assert.Equal(offsets[7], Derive(All with { Spread = spread, Name = "Other" }, new("shop", "db7"))!.Offset);
    }

    [Fact]
    public void A_regular_task_is_equivalent_to_a_derived_one()
    {
        var regular = new RegularTask
        {
            Id = "bbbbbbbbbb",
            Name = "Hourly",
            Database = Orders,
            Settings = All.Settings,
            PreferredNode = "B",
            ScheduledSince = Made,
        };
        var task = TaskDerivation.FromRegularTask(regular);
        Assert.Equal(
            ("bbbbbbbbbb", "Hourly", Orders, "B", Made, false),
            (task.Id, task.Name, task.Database, task.PreferredNode, task.ScheduledSince, task.IsServerWide)
        );
        Assert.Same(regular.Settings, task.Settings);
    }

    [Fact]
    public void The_same_template_and_database_always_give_the_same_task() =>
        Gen.Select(Gen.String, Gen.String, Gen.Int[0, 100_000])
            .Sample(
                (id, name, spread) =>
                {
                    var template = All with { Id = id, Spread = TimeSpan.FromSeconds(spread) };
                    return Derive(template, new("shop", name)) == Derive(template with { }, new("shop", name));
                }
            );

    private static BackupTask? Derive(Template template, DatabaseId database, DateTimeOffset? firstSeen = null) =>
        TaskDerivation.Derive(template, database, firstSeen ?? Made, new(template.Excluded));
}
