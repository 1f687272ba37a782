using CsCheck;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Tasks;
using static Holdfast.Core.Tests.Scheduling.Some;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Tests.Scheduling;

/// <summary>
/// Months of a node's life on a virtual clock: random schedules, zones, run times, failures, aborts, delays, shutdowns and downtimes.
/// </summary>
public sealed class SchedulerSimulation
{
    private static readonly string[] FullSchedules =
    [
        "0 2 * * 0",
        "0 2 * * *",
        "30 2 * * *",
        "0 0 1 * *",
        "15 3 * * 1-5",
        "0 */8 * * *",
        "0 0 29 2 *",
    ];
    private static readonly string[] IncrementalSchedules =
    [
        "0 2 * * *",
        "0 * * * *",
        "30 1-5 * * *",
        "*/20 * * * *",
        "0 */6 * * *",
        "0 2 * * 0",
        "45 2 * * *",
    ];
    private static readonly string[] Zones =
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
    ];

    private static readonly Gen<Scenario> Scenarios = Gen.Select(
            OneOf([null, .. FullSchedules]),
            OneOf([null, .. IncrementalSchedules]),
            OneOf(Zones),
            Gen.Int[0, 19],
            Gen.Int[0, 364],
            Gen.Int
        )
        .Where((full, incremental, _, _, _, _) => full is not null || incremental is not null)
        .Select((full, incremental, zone, offset, day, seed) => new Scenario(full, incremental, zone!, offset, day, seed));

    [Fact]
    public void Every_slot_is_covered_as_soon_as_the_node_can_and_no_slot_is_used_twice() =>
        Scenarios.Sample(s => Check(s, TimeSpan.FromDays(60)), iter: 100);

    [Fact]
    [Trait("Category", "Slow")]
    public void Every_slot_is_covered_over_years() => Scenarios.Sample(s => Check(s, TimeSpan.FromDays(400)), iter: Soak.IsOn ? 1_000 : 40);

    [Fact]
    public void Derived_and_regular_tasks_with_the_same_settings_have_the_same_plan() =>
        Scenarios.Sample(
            s =>
            {
                var settings = s.Task.Settings;
                var template = new Template
                {
                    Id = "aaaaaaaaaa",
                    Name = "All",
                    Settings = settings,
                    ScheduledSince = s.Task.ScheduledSince,
                };
                var derived = TaskDerivation.Derive(template, Database, s.Task.ScheduledSince.AddDays(-9), new([]))!;
                var regular = TaskDerivation.FromRegularTask(
                    new()
                    {
                        Id = "bbbbbbbbbb",
                        Name = "One",
                        Database = Database,
                        Settings = settings,
                        ScheduledSince = s.Task.ScheduledSince,
                    }
                );
                Assert.True(derived.IsServerWide && !regular.IsServerWide);
                Assert.Equal(Life.Of(derived, s.Seed, TimeSpan.FromDays(30)).Runs, Life.Of(regular, s.Seed, TimeSpan.FromDays(30)).Runs);
            },
            iter: 50
        );

    [Fact]
    public void A_task_resumes_soon_after_any_wrong_clock_is_corrected() =>
        Gen.Select(Scenarios, Gen.Int[-4_000, 4_000], Gen.Int[0, 3])
            .Sample(
                (s, jump, failures) =>
                {
                    // A run with a clock that is wrong by up to eleven years, then with the right one.
                    var wrong = s.Task.ScheduledSince.AddDays(5 + jump);
                    var status = TaskStatus.NeverRun.After(BackupKind.Full, wrong);
                    for (var i = 0; i < failures; i++)
                    {
                        status = status.AfterFailure(BackupKind.Full, wrong.AddMinutes(i));
                    }
                    var now = s.Task.ScheduledSince.AddDays(5);
                    var cron = CronSchedule.Parse(s.Incremental ?? s.Full!, TimeZoneInfo.FindSystemTimeZoneById(s.Zone));
                    var latest = cron.GetNext(now.AddDays(2))!.Value + s.Task.Offset;
                    for (; now <= latest.AddMinutes(1); now = now.AddMinutes(30))
                    {
                        if (s.Task.Next(status, now)!.At <= now)
                        {
                            return true;
                        }
                    }

                    return s.Task.Next(status, now)!.At <= now;
                },
                iter: 200
            );

    [Fact]
    public void Ten_thousand_decisions_are_fast()
    {
        var task = Task("0 2 * * 0", "*/20 * * * *", "Europe/Berlin", TimeSpan.FromMinutes(5));
        var status = TaskStatus.NeverRun.After(BackupKind.Full, Utc(3, 27, 3)).After(BackupKind.Incremental, Utc(3, 28, 0, 5));
        Assert.NotNull(task.Next(status, Utc(3, 28, 0, 6)));
        var took = ProcessorTime.Of(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                task.Next(status, Utc(3, 28, 0, 6));
            }
        });
        Assert.True(took < TimeSpan.FromSeconds(2), $"{took}");
    }

    private static Gen<string?> OneOf(string?[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static void Check(Scenario scenario, TimeSpan length)
    {
        var life = Life.Of(scenario.Task, scenario.Seed, length);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(scenario.Zone);
        List<(DateTimeOffset Slot, BackupKind Kind)> slots =
        [
            .. Slots(scenario.Full, BackupKind.Full),
            .. Slots(scenario.Incremental, BackupKind.Incremental),
        ];

        foreach (var (slot, kind) in slots)
        {
            var due = slot + scenario.Task.Offset;
            var covering = life.Runs.Find(r => r.Start >= slot && (kind == BackupKind.Incremental || r.Kind == BackupKind.Full));
            var until = covering?.Start ?? life.End;
            Assert.True(
                life.Free(due, until) <= Life.Look,
                $"The {kind} slot {slot:u} was due at {due:u} and not run before {until:u}: {scenario}"
            );
        }

        for (var i = 0; i < life.Runs.Count; i++)
        {
            var run = life.Runs[i];
            if (run.Reason is NextBackupReason.Schedule or NextBackupReason.CatchUp)
            {
                var usedUp = i == 0 ? scenario.Task.ScheduledSince : life.Runs[i - 1].Start;
                var usedUpByFulls = life.Runs.FindLast(r => r.Kind == BackupKind.Full && r.Start < run.Start)?.Start
                    ?? scenario.Task.ScheduledSince;
                Assert.True(
                    slots.Exists(s =>
                        s.Slot > (s.Kind == BackupKind.Full ? usedUpByFulls : usedUp) && s.Slot + scenario.Task.Offset <= run.Start
                    ),
                    $"No slot called for {run}: {scenario}"
                );
            }

            if (i > 0)
            {
                Assert.True(run.Start >= life.Runs[i - 1].End, $"{run} began before {life.Runs[i - 1]} had ended: {scenario}");
            }
        }

        Assert.True(life.Runs.Count == 0 || life.Runs[0].Kind == BackupKind.Full);

        IEnumerable<(DateTimeOffset Slot, BackupKind Kind)> Slots(string? text, BackupKind kind)
        {
            if (text is null)
            {
                yield break;
            }
            var cron = CronSchedule.Parse(text, zone);
            for (var slot = cron.GetNext(scenario.Task.ScheduledSince); slot < life.End; slot = cron.GetNext(slot.Value))
            {
                yield return (slot.Value, kind);
            }
        }
    }

    private sealed record Scenario(string? Full, string? Incremental, string Zone, int OffsetMinutes, int Day, int Seed)
    {
        public BackupTask Task { get; } =
            Some.Task(Full, Incremental, Zone, TimeSpan.FromMinutes(OffsetMinutes), Utc(1, 1, 5, 17).AddDays(Day));
    }

    private sealed record Run(DateTimeOffset Start, DateTimeOffset End, BackupKind Kind, NextBackupReason Reason);

    private sealed class Life
    {
        public static readonly TimeSpan Look = TimeSpan.FromSeconds(10);
        private readonly List<(DateTimeOffset From, DateTimeOffset To)> _busy = [];

        public List<Run> Runs { get; } = [];

        public DateTimeOffset End { get; private init; }

        public static Life Of(BackupTask task, int seed, TimeSpan length)
        {
            var random = new Random(seed);
            var life = new Life { End = task.ScheduledSince + length };
            var (now, status) = (task.ScheduledSince, TaskStatus.NeverRun);
            while (now < life.End && task.Next(status, now) is { } next)
            {
                if (next.At > now)
                {
                    // Reading the clock in between changes nothing.
                    var between = now + ((next.At - now) * random.NextDouble());
                    Assert.Equal(next, task.Next(status, between));
                    if (random.Next(20) == 0)
                    {
                        now = life.Away(between, random);
                    }
                    else
                    {
                        now = next.At + (Look * random.NextDouble());
                    }
                    continue;
                }

                (now, status) = life.Step(status, next, now, random);
            }

            return life;
        }

        /// <summary>Returns how much of a period the node was up without a run or a delay.</summary>
        public TimeSpan Free(DateTimeOffset from, DateTimeOffset to)
        {
            var free = TimeSpan.Zero;
            foreach (var (start, end) in _busy.Where(b => b.To > from).OrderBy(b => b.From))
            {
                if (from >= to)
                {
                    break;
                }
                if (start > from)
                {
                    free += (start < to ? start : to) - from;
                }
                if (end > from)
                {
                    from = end;
                }
            }

            return from < to ? free + (to - from) : free;
        }

        private (DateTimeOffset Now, TaskStatus Status) Step(TaskStatus before, NextBackup next, DateTimeOffset start, Random random)
        {
            var end = start.AddSeconds(random.Next(1, random.Next(10) == 0 ? 40_000 : 600));
            var began = TaskStatusTransitions.MarkStarted(before, next.Kind, start);
            _busy.Add((start, end));
            Runs.Add(new(start, end, next.Kind, next.Reason));
            switch (random.Next(12))
            {
                case 0 or 1 or 2:
                    return (end, TaskStatusTransitions.MarkFailed(began, next.Kind, start, end, Locked));
                case 3:
                    return (end, TaskStatusTransitions.MarkAborted(began, next.Kind, start, end));
                case 4:
                    var until = end.AddMinutes(random.Next(1, 3_000));
                    _busy.Add((end, until));
                    return (end, TaskStatusTransitions.MarkDelayed(began, next.Kind, start, end, until));
                case 5:
                    // The run does not count: it is not listed among those that cover a slot.
                    Runs.RemoveAt(Runs.Count - 1);
                    return (Away(end, random), TaskStatusTransitions.MarkInterrupted(began, before));
                default:
                    return (end, TaskStatusTransitions.MarkSucceeded(began, start, end, Result(next.Kind)));
            }
        }

        private DateTimeOffset Away(DateTimeOffset from, Random random)
        {
            var to = from.AddMinutes(random.Next(1, random.Next(10) == 0 ? 60_000 : 3_000));
            _busy.Add((from, to));
            return to;
        }
    }
}
