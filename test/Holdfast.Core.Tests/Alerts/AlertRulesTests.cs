using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Tests.Alerts;

/// <summary>Each kind of alert is active exactly as long as its cause.</summary>
public sealed class AlertRulesTests
{
    private static readonly DateTimeOffset Now = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DatabaseId Orders = new("shop", "orders");
    private static readonly OperationError Locked = new("source-locked", "It is locked.", "Wait.");

    [Fact]
    public void A_healthy_node_has_no_alerts() => Assert.Empty(Find(Node()));

    [Fact]
    public void A_database_without_a_task_raises_an_alert()
    {
        var alert = Assert.Single(Find(Node() with { Tasks = [] }));
        Assert.Equal(
            (AlertKind.DatabaseUncovered, AlertSeverity.Warning, "uncovered:shop/orders", "shop/orders"),
            (alert.Kind, alert.Severity, alert.Key, alert.Subject.Database)
        );
    }

    [Fact]
    public void A_database_that_every_template_excludes_is_reported_as_information()
    {
        var alert = Assert.Single(Find(Node() with { Tasks = [], Templates = [Template()] }));
        Assert.Equal((AlertKind.DatabaseUncovered, AlertSeverity.Info), (alert.Kind, alert.Severity));
    }

    [Fact]
    public void A_database_whose_tasks_are_all_disabled_is_not_covered()
    {
        var task = Task();
        var off = Node(task with { Settings = task.Settings with { Disabled = true } });
        Assert.Equal(AlertKind.DatabaseUncovered, Assert.Single(Find(off)).Kind);
        Assert.Empty(Find(off with { Tasks = [.. off.Tasks, Item(task with { Id = "other" })] }));
    }

    [Fact]
    public void A_dropped_database_raises_no_alert() =>
        Assert.Empty(Find(Node() with { Tasks = [], Databases = [Record() with { Dropped = Now, Problem = Locked }] }));

    [Fact]
    public void An_unreadable_database_raises_an_alert()
    {
        var alert = Assert.Single(Find(Node() with { Databases = [Record() with { Problem = Locked }] }));
        Assert.Equal((AlertKind.DatabaseUnreadable, "Wait."), (alert.Kind, alert.Hint));
        Assert.Contains("It is locked.", alert.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_task_raises_an_alert_with_the_number_of_failures()
    {
        var failed = new TaskStatus
        {
            LastState = OperationState.Failed,
            Failures = 3,
            LastError = "It is locked.",
            LastEnd = Now.AddHours(-2),
        };
        var alert = Assert.Single(Find(Node(status: failed)));
        Assert.Equal((AlertKind.TaskFailed, Now.AddHours(-2), "0123456789"), (alert.Kind, alert.Since, alert.Subject.Task));
        Assert.Contains("3 times in a row: It is locked.", alert.Message, StringComparison.Ordinal);
        Assert.Empty(Find(Node(status: failed with { LastState = OperationState.Completed })));
        Assert.Empty(Find(Node(status: failed with { LastState = OperationState.Aborted })));
    }

    [Theory]
    [InlineData(59, false, false)]
    [InlineData(61, false, true)]
    [InlineData(61, true, false)]
    public void A_task_is_overdue_an_hour_after_its_slot_if_it_is_not_running(int minutesLate, bool isRunning, bool isOverdue)
    {
        var alerts = Find(Node(due: Now.AddMinutes(-minutesLate), isRunning: isRunning));
        if (isOverdue)
        {
            Assert.Equal((AlertKind.TaskOverdue, Now.AddMinutes(-minutesLate)), (alerts.Single().Kind, alerts.Single().Since));
        }
        else
        {
            Assert.Empty(alerts);
        }
    }

    [Fact]
    public void Slots_that_passed_before_the_node_started_are_not_overdue_for_an_hour()
    {
        var late = Node(due: Now.AddDays(-3));
        Assert.Empty(Find(late with { StartedAt = Now.AddMinutes(-30) }));
        Assert.Equal(AlertKind.TaskOverdue, Assert.Single(Find(late with { StartedAt = Now.AddMinutes(-61) })).Kind);
    }

    [Fact]
    public void A_task_that_was_late_before_the_node_stopped_stays_overdue_across_restarts()
    {
        var late = Node(due: Now.AddDays(-3)) with { StartedAt = Now.AddMinutes(-1) };
        Assert.Empty(Find(late with { LastSeenAlive = Now.AddDays(-3).AddMinutes(59) }));
        Assert.Equal(AlertKind.TaskOverdue, Assert.Single(Find(late with { LastSeenAlive = Now.AddDays(-3).AddMinutes(60) })).Kind);
    }

    [Fact]
    public void An_unavailable_destination_raises_one_alert_and_not_one_for_each_task()
    {
        var good = new TaskStatus
        {
            LastFullBackup = Now.AddHours(-1),
            LastState = OperationState.Completed,
            LastEnd = Now.AddHours(-1),
        };
        var node = Node(status: good, due: Now.AddHours(14));
        Assert.Empty(Find(node with { Tasks = [node.Tasks[0] with { UnavailableDestinations = new HashSet<string> { "attic" } }] }));
        var old = good with { LastFullBackup = Now.AddDays(-3), LastEnd = Now.AddDays(-3) };
        Assert.Equal(
            AlertKind.TaskOverdue,
            Assert
                .Single(
                    Find(
                        node with
                        {
                            Tasks =
                            [
                                node.Tasks[0] with
                                {
                                    Status = old,
                                    UnavailableDestinations = new HashSet<string> { "attic" },
                                },
                            ],
                        }
                    )
                )
                .Kind
        );
    }

    [Fact]
    public void A_database_that_is_not_sufficiently_protected_raises_an_alert()
    {
        var old = new TaskStatus
        {
            LastFullBackup = Now.AddDays(-3),
            LastState = OperationState.Completed,
            LastEnd = Now.AddDays(-3),
        };
        var alert = Assert.Single(Find(Node(status: old, due: Now.AddHours(14))));
        Assert.Equal((AlertKind.TaskOverdue, AlertSeverity.Error, Now.AddDays(-2).AddHours(1)), (alert.Kind, alert.Severity, alert.Since));
        Assert.Contains("exceeds the longest gap of the schedule", alert.Message, StringComparison.Ordinal);
        Assert.Empty(Find(Node(status: old, due: Now.AddHours(14)) with { StartedAt = Now.AddMinutes(-30) }));
        // a running backup may take weeks
        Assert.Equal(AlertKind.TaskOverdue, Assert.Single(Find(Node(status: old, due: Now.AddHours(-1), isRunning: true))).Kind);
        var held = Assert.Single(
            Find(Node(status: old with { LastState = OperationState.Aborted, DelayedUntil = Now.AddDays(2) }, due: Now.AddDays(2)))
        );
        Assert.Equal((AlertKind.TaskOverdue, AlertSeverity.Warning), (held.Kind, held.Severity));
        Assert.Empty(Find(Node(status: old with { LastFullBackup = Now.AddHours(-24) })));
    }

    [Fact]
    public void A_destination_removed_from_the_task_raises_no_alert()
    {
        var gone = new TaskStatus
        {
            LastFullBackup = Now.AddHours(-1),
            LastState = OperationState.Failed,
            LastError = "no room",
            FailedDestinations = new Dictionary<string, string> { ["gone"] = "no room" },
        };
        Assert.Empty(Find(Node(status: gone)));
    }

    [Fact]
    public void A_template_without_destinations_raises_one_alert_unless_it_is_disabled()
    {
        var template = Template() with { Settings = Task().Settings with { Destinations = [] } };
        var alert = Assert.Single(Find(Node() with { Templates = [template] }));
        Assert.Equal((AlertKind.NoDestination, template.Id), (alert.Kind, alert.Subject.Template));
        Assert.Empty(Find(Node() with { Templates = [template with { Settings = template.Settings with { Disabled = true } }] }));
    }

    [Fact]
    public void A_regular_task_without_destinations_raises_an_alert()
    {
        var task = Task();
        var alerts = Find(Node(task with { Settings = task.Settings with { Destinations = [] } }));
        Assert.Equal([AlertKind.NoDestination, AlertKind.DatabaseUncovered], alerts.Select(a => a.Kind).OrderDescending());
    }

    [Fact]
    public void A_schedule_that_is_not_valid_on_this_node_raises_an_alert()
    {
        var template = Template() with { Settings = Task().Settings with { TimeZone = "Mars/Olympus" } };
        Assert.Equal(AlertKind.ScheduleUnreadable, Assert.Single(Find(Node() with { Templates = [template] })).Kind);
    }

    [Fact]
    public void A_failing_source_raises_one_alert()
    {
        var alert = Assert.Single(Find(Node() with { Sources = [new("shop", Locked), new("other", null)] }));
        Assert.Equal((AlertKind.SourceDown, "shop"), (alert.Kind, alert.Subject.Source));
    }

    [Fact]
    public void A_failing_destination_raises_one_alert_however_many_tasks_use_it()
    {
        var failing = new TaskStatus
        {
            LastState = OperationState.CompletedWithErrors,
            FailedDestinations = new Dictionary<string, string> { ["attic"] = "no room", ["gone"] = "taken out of the task since" },
        };
        var alert = Assert.Single(
            Find(Node(status: failing) with { Tasks = [Item(Task(), failing), Item(Task() with { Id = "2" }, failing)] })
        );
        Assert.Equal((AlertKind.DestinationFailing, "destination:attic", "attic"), (alert.Kind, alert.Key, alert.Subject.Destination));
        Assert.Contains("2 tasks; for example: no room", alert.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, 499, true)]
    [InlineData(1000, 500, false)]
    [InlineData(1000, 2000, false)]
    public void A_database_that_shrinks_to_less_than_half_raises_an_alert(long before, long now, bool isTold)
    {
        var alerts = Find(Node(status: new() { PreviousDatabaseBytes = before, DatabaseBytes = now }));
        if (isTold)
        {
            Assert.Equal(AlertKind.SizeDropped, Assert.Single(alerts).Kind);
        }
        else
        {
            Assert.Empty(alerts);
        }
    }

    [Fact]
    public void Pending_and_failed_retention_raise_an_alert_for_each_destination()
    {
        var status = new TaskStatus
        {
            RetentionProblems = new Dictionary<string, RetentionProblem>
            {
                ["attic"] = new(true, "5 of 6 chains"),
                ["gone"] = new(true, "no longer"),
            },
        };
        Assert.Equal(
            (AlertKind.RetentionWaiting, "attic"),
            (Assert.Single(Find(Node(status: status))).Kind, Find(Node(status: status))[0].Subject.Destination)
        );
        status = status with { RetentionProblems = new Dictionary<string, RetentionProblem> { ["attic"] = new(false, "cannot be read") } };
        Assert.Equal(AlertKind.RetentionFailed, Assert.Single(Find(Node(status: status))).Kind);
    }

    [Fact]
    public void Problems_of_the_node_itself_raise_alerts()
    {
        var alerts = Find(
            Node() with
            {
                SinceSchedulerIteration = TimeSpan.FromMinutes(4),
                StateStoreProblem = Locked,
                UnreadableValues = new Dictionary<string, OperationError> { ["templates/1"] = Locked },
            }
        );
        Assert.Equal(
            [AlertKind.StateNotWritable, AlertKind.StateUnreadable, AlertKind.SchedulerStalled],
            alerts.Select(a => a.Kind).Order()
        );
    }

    [Fact]
    public void A_persisting_alert_keeps_its_start_and_only_different_contents_count_as_changed()
    {
        Alert Some(string key, string message, int hour, AlertSeverity severity = AlertSeverity.Warning) =>
            new()
            {
                Key = key,
                Kind = AlertKind.SourceDown,
                Severity = severity,
                Since = Now.AddHours(hour),
                Subject = AlertSubject.Node,
                Message = message,
            };
        var first = AlertChanges.Compare([], [Some("a", "1", 0), Some("b", "1", 0), Some("c", "1", 0)]);
        Assert.Equal(["a", "b", "c"], first.Raised.Select(a => a.Key));
        var second = AlertChanges.Compare(
            first.Items,
            [Some("a", "1", 1), Some("b", "2", 1), Some("d", "1", 1, AlertSeverity.Error), Some("d", "twice", 1)]
        );
        Assert.Equal(["d"], second.Raised.Select(a => a.Key));
        Assert.Equal(["b"], second.Changed.Select(a => a.Key));
        Assert.Equal(["c"], second.Resolved.Select(a => a.Key));
        Assert.Equal([("d", 1), ("a", 0), ("b", 0)], second.Items.Select(a => (a.Key, (a.Since - Now).Hours)));
        Assert.False(AlertChanges.Compare(second.Items, second.Items).HasChanges);
    }

    private static IReadOnlyList<Alert> Find(AlertSnapshot snapshot) => [.. AlertRules.Evaluate(snapshot)];

    private static DatabaseRecord Record() =>
        new()
        {
            Id = Orders,
            Engine = "sqlite",
            FirstSeen = Now,
        };

    private static BackupTask Task() =>
        new()
        {
            Id = "0123456789",
            Database = Orders,
            Name = "Nightly",
            ScheduledSince = Now,
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 2 * * *",
                Destinations = ["attic"],
            },
        };

    private static Template Template() =>
        new()
        {
            Id = "abc",
            Name = "all",
            ScheduledSince = Now,
            Settings = Task().Settings,
        };

    private static TaskFacts Item(BackupTask task, TaskStatus? status = null) => new(task, status ?? TaskStatus.NeverRun, null, false);

    private static AlertSnapshot Node(
        BackupTask? task = null,
        TaskStatus? status = null,
        DateTimeOffset? due = null,
        bool isRunning = false
    ) =>
        new()
        {
            Now = Now,
            StartedAt = Now.AddDays(-30),
            Databases = [Record()],
            Tasks = [new(task ?? Task(), status ?? TaskStatus.NeverRun, due, isRunning)],
            Sources = [new("shop", null)],
        };
}
