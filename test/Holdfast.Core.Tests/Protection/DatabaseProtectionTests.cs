using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Tests.Protection;

/// <summary>The decision table of docs/server-wide-backup.md, row by row and in every combination.</summary>
public sealed class DatabaseProtectionTests
{
    private static readonly DateTimeOffset Now = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly OperationError Locked = new("source-locked", "It is locked.", "Wait.");
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void A_backup_within_the_longest_gap_plus_an_hour_protects()
    {
        Assert.Equal(ProtectionState.Covered, State(Backed(Day + TimeSpan.FromHours(1))));
        var late = Of(Task(Backed(Day + TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1))));
        Assert.Equal((ProtectionState.AtRisk, Now.AddSeconds(-1)), (late.State, late.Since));
        Assert.Contains("exceeds the longest gap of the schedule, 24 h, plus an hour", late.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_later_run_without_changes_counts_as_a_backup()
    {
        var status = new TaskStatus
        {
            LastFullBackup = Now - (30 * Day),
            LastIncrementalBackup = Now.AddHours(-10),
            LastState = OperationState.Completed,
            StoredAt = ["attic", "nas"],
        };
        Assert.Equal((ProtectionState.Covered, Now.AddHours(-10)), (State(status), Of(Task(status)).LastGoodBackup));
    }

    [Fact]
    public void The_gap_is_between_slots_of_either_kind()
    {
        var weekly = Task(Backed(3 * Day), full: "0 2 * * 0", incremental: null);
        Assert.Equal(ProtectionState.Covered, Of(weekly).State);
        Assert.Equal(ProtectionState.AtRisk, Of(Task(Backed(3 * Day), full: "0 2 * * 0", incremental: "0 2 * * *")).State);
        Assert.Equal(ProtectionState.Covered, Of(Task(Backed(3 * Day), full: "0 2 * * 0", incremental: "0 2 * * 1")).State);
    }

    [Fact]
    public void A_destination_that_lacks_the_newest_backup_makes_it_incomplete_and_not_failing()
    {
        var status = Backed(TimeSpan.FromHours(1)) with
        {
            LastState = OperationState.CompletedWithErrors,
            StoredAt = ["nas"],
            FailedDestinations = Failed("attic", "no room"),
            LastError = "attic: no room",
        };
        var protection = Of(Task(status));
        Assert.Equal(ProtectionState.Incomplete, protection.State);
        Assert.Contains("attic: no room", protection.Reason, StringComparison.Ordinal);
        Assert.Equal(protection.Reason, protection.Problem);
    }

    [Fact]
    public void A_status_from_a_version_without_backup_locations_is_supported()
    {
        Assert.Equal(ProtectionState.Covered, State(Backed(TimeSpan.FromHours(1)) with { StoredAt = null }));
        Assert.Equal(
            ProtectionState.Incomplete,
            State(
                Backed(TimeSpan.FromHours(1)) with
                {
                    StoredAt = null,
                    LastState = OperationState.CompletedWithErrors,
                    FailedDestinations = Failed("attic", "no room"),
                }
            )
        );
    }

    [Fact]
    public void A_destination_removed_from_the_task_no_longer_counts()
    {
        var inPart = Backed(TimeSpan.FromHours(1)) with
        {
            LastState = OperationState.CompletedWithErrors,
            StoredAt = ["attic", "nas"],
            FailedDestinations = Failed("gone", "no room"),
            LastError = "gone: no room",
        };
        Assert.Equal(ProtectionState.Covered, State(inPart));
        var everywhere = Backed(TimeSpan.FromHours(1)) with
        {
            LastState = OperationState.Failed,
            FailedDestinations = Failed("gone", "no room"),
            LastError = "no room",
        };
        Assert.Equal(ProtectionState.Covered, State(everywhere));
        Assert.Equal(ProtectionState.Failing, State(everywhere with { LastError = "It is locked." }));
    }

    [Fact]
    public void A_database_whose_newest_backup_is_at_no_destination_of_its_task_is_at_risk()
    {
        var protection = Of(Task(Backed(TimeSpan.FromHours(1)) with { StoredAt = ["old"] }));
        Assert.Equal((ProtectionState.AtRisk, (DateTimeOffset?)null), (protection.State, protection.LastGoodBackup));
        Assert.Contains("attic has no backup of it yet.", protection.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Known_damage_at_one_destination_is_incomplete_and_at_all_of_them_at_risk()
    {
        var bad = new DestinationBackupProblem(Now.AddHours(-20), Now.AddMinutes(-5), "an archive is cut.");
        var status = Backed(TimeSpan.FromHours(1));
        Assert.Equal(ProtectionState.Incomplete, Of(Task(status, known: Known(("attic", bad)))).State);
        var all = Of(Task(status, known: Known(("attic", bad), ("nas", bad with { LastGood = Now.AddHours(-40) }))));
        Assert.Equal((ProtectionState.AtRisk, Now.AddHours(-20), Now.AddMinutes(-5)), (all.State, all.LastGoodBackup, all.Since));
        Assert.Contains("attic: an archive is cut.", all.Reason, StringComparison.Ordinal);
        Assert.Contains("newest good backup is from 2027-02-28 16:00 UTC", all.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_postponed_task_is_held_once_the_newest_backup_is_too_old()
    {
        var off = Backed(TimeSpan.FromHours(1)) with
        {
            LastState = OperationState.Aborted,
            DelayedUntil = Now.AddDays(3),
            DelayedKind = BackupKind.Full,
        };
        Assert.Equal(ProtectionState.Covered, State(off));
        Assert.Equal(ProtectionState.Held, State(off with { LastFullBackup = Now.AddDays(-2) }));
        Assert.Equal(ProtectionState.Held, State(off with { LastFullBackup = null }));
        Assert.Equal(ProtectionState.AtRisk, State(off with { LastFullBackup = Now.AddDays(-2), DelayedUntil = Now }));
    }

    [Fact]
    public void A_newest_backup_far_in_the_future_does_not_protect() => Assert.Equal(ProtectionState.AtRisk, State(Backed(-2 * Day)));

    [Fact]
    public void An_invalid_schedule_protects_nothing()
    {
        var task = Task(Backed(TimeSpan.FromHours(1)));
        Assert.Equal(
            ProtectionState.AtRisk,
            Of(task with { Task = task.Task with { Settings = task.Task.Settings with { TimeZone = "Mars/Olympus" } } }).State
        );
    }

    [Fact]
    public void The_task_that_protects_best_decides_and_the_problems_of_the_others_are_reported()
    {
        var failing = Task(Backed(10 * Day) with { LastState = OperationState.Failed, LastError = "It is locked." }, name: "weekly");
        var good = Of(failing, Task(Backed(TimeSpan.FromHours(1)), name: "nightly"));
        Assert.Equal((ProtectionState.Covered, "weekly"), (good.State, Assert.Single(good.Problems).Facts.Task.Name));
        Assert.StartsWith("weekly: The last run failed: It is locked.", good.Problem, StringComparison.Ordinal);
        Assert.Equal(ProtectionState.Failing, Of(failing, Task(TaskStatus.NeverRun, name: "nightly")).State);
    }

    [Fact]
    public void A_disabled_task_protects_nothing_but_its_last_backup_is_still_reported()
    {
        var task = Task(Backed(TimeSpan.FromHours(1)));
        var off = Of(task with { Task = task.Task with { Settings = task.Task.Settings with { Disabled = true } } });
        Assert.Equal((ProtectionState.Uncovered, Now.AddHours(-1)), (off.State, off.LastGoodBackup));
    }

    [Fact]
    public void Problems_of_the_source_take_precedence_over_those_of_tasks()
    {
        var record = Record();
        var task = Task(Backed(TimeSpan.FromHours(1)));
        Assert.Equal(ProtectionState.Unreadable, Of(record with { Problem = Locked }, null, task).State);
        Assert.Equal(ProtectionState.Missing, Of(record with { Problem = Locked }, Now, task).State);
        Assert.Equal(ProtectionState.Dropped, Of(record with { Problem = Locked, Dropped = Now }, Now, task).State);
        Assert.Equal(ProtectionState.Uncovered, Of(record, null).State);
    }

    [Fact]
    public void Backups_at_an_unavailable_destination_do_not_protect()
    {
        var task = Task(Backed(TimeSpan.FromHours(1)));
        var one = Of(task with { UnavailableDestinations = new HashSet<string> { "attic" } });
        Assert.Equal((ProtectionState.Incomplete, Now.AddHours(-1)), (one.State, one.LastGoodBackup));
        Assert.Contains("Not available, or with another identity: attic.", one.Reason, StringComparison.Ordinal);
        var all = Of(
            task with
            {
                UnavailableDestinations = new HashSet<string> { "attic", "nas" },
            }
        );
        Assert.Equal((ProtectionState.AtRisk, Now.AddHours(-1)), (all.State, all.LastGoodBackup));
        Assert.StartsWith("Not available, or with another identity: attic, nas.", all.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_combination_of_facts_has_one_state_and_a_reason_and_is_never_protected_by_an_old_backup()
    {
        var (seen, count) = (new HashSet<ProtectionState>(), 0);
        foreach (var task in EveryTask())
        {
            var protection = Of(task);
            seen.Add(protection.State);
            count++;
            Assert.True(protection.Reason.Length > 10 && protection.Reason.EndsWith('.'), protection.Reason);
            Assert.Equal(protection.State is ProtectionState.Covered or ProtectionState.Waiting, protection.Problem is null);
            if (protection.State is not (ProtectionState.Covered or ProtectionState.Incomplete))
            {
                continue;
            }
            Assert.True(protection.LastGoodBackup >= Now - Day - TimeSpan.FromHours(1), "an old backup protects");
            if (task.Status.LastState == OperationState.Failed)
            {
                Assert.Equal(["gone"], task.Status.FailedDestinations?.Keys ?? []);
            }
            Assert.Contains(task.Task.Settings.Destinations, d => task.UnavailableDestinations?.Contains(d) != true);
            if (protection.State == ProtectionState.Covered)
            {
                Assert.DoesNotContain(task.Task.Settings.Destinations, d => task.UnavailableDestinations?.Contains(d) == true);
            }
            if (protection.State == ProtectionState.Covered)
            {
                Assert.DoesNotContain(task.Task.Settings.Destinations, d => task.KnownProblems?.Destinations.ContainsKey(d) == true);
            }
        }

        Assert.True(count > 5_000, $"{count} combinations");
        Assert.Equal(
            [
                ProtectionState.Failing,
                ProtectionState.AtRisk,
                ProtectionState.Overdue,
                ProtectionState.Incomplete,
                ProtectionState.Held,
                ProtectionState.Waiting,
                ProtectionState.Covered,
            ],
            seen.Order()
        );
    }

    private static IEnumerable<TaskFacts> EveryTask() =>
        from last in new TimeSpan?[]
        {
            null,
            TimeSpan.Zero,
            TimeSpan.FromHours(20),
            Day + TimeSpan.FromHours(1),
            Day + TimeSpan.FromMinutes(61),
            9 * Day,
            -3 * Day,
        }
        from state in Enum.GetValues<OperationState>()
            .Cast<OperationState?>()
            .Where(s => s is null or > OperationState.Running)
            .Append(null)
        from stored in new IReadOnlyList<string>?[] { null, [], ["attic"], ["attic", "nas"], ["old"] }
        from failed in new IReadOnlyDictionary<string, string>?[] { null, Failed("attic", "no room."), Failed("gone", "no room.") }
        from due in new DateTimeOffset?[] { null, Now.AddHours(3), Now.AddHours(-2) }
        from isRunning in new[] { false, true }
        from until in new DateTimeOffset?[] { null, Now.AddDays(1) }
        from known in new[] { null, Known(("attic", Bad(2))), Known(("attic", Bad(2)), ("nas", Bad(900))) }
        from away in new IReadOnlySet<string>?[]
        {
            null,
            new HashSet<string> { "attic" },
            new HashSet<string> { "attic", "nas" },
        }
        where last is not null || known is null
        select Task(
            new()
            {
                LastFullBackup = Now - last,
                LastState = state,
                LastEnd = Now.AddHours(-1),
                StoredAt = stored,
                FailedDestinations = failed,
                LastError = "no room.",
                DelayedUntil = until,
            },
            known: known
        ) with
        {
            DueAt = due,
            IsRunning = isRunning,
            UnavailableDestinations = away,
        };

    private static DestinationBackupProblem Bad(int hours) => new(Now.AddHours(-hours), Now, "an archive is cut.");

    private static KnownBackupProblems Known(params (string Destination, DestinationBackupProblem Bad)[] bad) =>
        new(bad.ToDictionary(b => b.Destination, b => b.Bad));

    private static Dictionary<string, string> Failed(string destination, string error) => new() { [destination] = error };

    private static TaskStatus Backed(TimeSpan ago) =>
        new()
        {
            LastFullBackup = Now - ago,
            LastState = OperationState.Completed,
            LastEnd = Now - ago,
            StoredAt = ["attic", "nas"],
        };

    private static ProtectionState State(TaskStatus status) => Of(Task(status)).State;

    private static DatabaseProtection Of(params TaskFacts[] tasks) => Of(Record(), null, tasks);

    private static DatabaseProtection Of(DatabaseRecord record, DateTimeOffset? missing, params TaskFacts[] tasks) =>
        DatabaseProtection.Evaluate(new(Now, TimeZoneInfo.Utc, record, tasks, missing));

    private static DatabaseRecord Record() =>
        new()
        {
            Id = new("shop", "orders"),
            Engine = "sqlite",
            FirstSeen = Now,
        };

    private static TaskFacts Task(
        TaskStatus status,
        string name = "nightly",
        string? full = "0 2 * * *",
        string? incremental = null,
        KnownBackupProblems? known = null
    ) =>
        new(
            new()
            {
                Id = name,
                Database = new("shop", "orders"),
                Name = name,
                ScheduledSince = Now.AddDays(-60),
                Settings = new()
                {
                    Type = BackupType.Snapshot,
                    FullBackup = full,
                    IncrementalBackup = incremental,
                    Destinations = ["attic", "nas"],
                },
            },
            status,
            Now.AddHours(14),
            KnownProblems: known
        );
}
