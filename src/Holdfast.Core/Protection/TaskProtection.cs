using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;

namespace Holdfast.Core.Protection;

/// <summary>
/// How well one task protects its database at one time. The first of these conditions that holds gives the state: the last run failed
/// (<see cref="ProtectionState.Failing"/>); no backup yet (<see cref="ProtectionState.Overdue"/>, <see cref="ProtectionState.Held"/>,
/// otherwise <see cref="ProtectionState.Waiting"/>); no destination has the newest backup intact (<see cref="ProtectionState.AtRisk"/>); a
/// slot passed without a run (<see cref="ProtectionState.Overdue"/>); the newest good backup is older than the schedule's longest gap plus
/// an hour (<see cref="ProtectionState.Held"/> if an operator postponed the task, otherwise <see cref="ProtectionState.AtRisk"/>); a
/// destination does not have it (<see cref="ProtectionState.Incomplete"/>); otherwise <see cref="ProtectionState.Covered"/>.
/// </summary>
public sealed class TaskProtection
{
    /// <summary>
    /// Time after its slot at which a backup that has not started is overdue, and by which the newest backup may exceed the schedule's
    /// longest gap.
    /// </summary>
    public static readonly TimeSpan OverdueThreshold = TimeSpan.FromHours(1);

    private TaskProtection(TaskFacts facts, DateTimeOffset now, TimeSpan? gap)
    {
        (Facts, Now, LongestGap) = (facts, now, gap);
        LastGoodBackup = FindLastGood();
        (State, Since) = DetermineState();
    }

    /// <summary>The facts that were evaluated.</summary>
    public TaskFacts Facts { get; }

    /// <summary>The state that this task alone gives to its database.</summary>
    public ProtectionState State { get; }

    /// <summary>Since when the task is in this state; null if unknown or if the database is protected.</summary>
    public DateTimeOffset? Since { get; }

    /// <summary>When the newest backup not known to be bad began, or a later run that found no changes; null if there is none.</summary>
    public DateTimeOffset? LastGoodBackup { get; }

    /// <summary>The reason for the state, for people, in one or two sentences.</summary>
    public string Reason => ProtectionReasons.Describe(this);

    /// <summary>Destinations of the task that do not have its newest backup, as far as known.</summary>
    public IEnumerable<string> LackingDestinations => Facts.Task.Settings.Destinations.Where(d => !HoldsNewestBackup(d));

    /// <summary>Whether unavailable destinations are its only problem; that raises one alert for all tasks.</summary>
    public bool LacksOnlyUnavailable => LackingDestinations.Any() && LackingDestinations.All(IsUnavailable) && !IsLate;

    /// <summary>Whether the newest good backup is older than the schedule's longest gap plus an hour.</summary>
    public bool IsStale => LastGoodBackup is { } good && !IsFresh(good);

    /// <summary>Whether a scheduled run is more than an hour late, or the newest good backup is too old or does not exist.</summary>
    public bool IsLate => Overdue.Is || IsStale || (LastGoodBackup is null && Facts.Status.LastSuccess is { } last && !IsFresh(last));

    internal DateTimeOffset Now { get; }

    internal TimeSpan? LongestGap { get; }

    /// <summary>Whether a destination is known to be unavailable.</summary>
    public bool IsUnavailable(string destination) => Facts.UnavailableDestinations?.Contains(destination) == true;

    /// <summary>Evaluates the protection by a task.</summary>
    /// <param name="facts">What is known about the task.</param>
    /// <param name="now">The current time.</param>
    /// <param name="zone">Time zone of tasks that set none.</param>
    public static TaskProtection Evaluate(TaskFacts facts, DateTimeOffset now, TimeZoneInfo zone) =>
        new(facts, now, ScheduleGap.GetLongest(facts.Task.Settings, zone));

    private (DateTimeOffset Start, bool Is) Overdue =>
        Facts.DueAt is { } due ? (due, Now - due > OverdueThreshold && !Facts.IsRunning) : default;

    // A run that a shutdown of the node interrupted starts again at once and did not end as aborted.
    private bool IsPostponed => Facts.Status is { LastState: OperationState.Aborted, DelayedUntil: { } until } && until > Now;

    // The failure is obsolete if every destination that failed has since been removed from the task.
    private bool IsFailing =>
        Facts.Status is { LastState: OperationState.Failed } status
        && !(
            status.FailedDestinations is { Count: > 0 } failed
            && failed.All(f => f.Value == status.LastError && !Facts.Task.Settings.Destinations.Contains(f.Key))
        );

    private (ProtectionState State, DateTimeOffset? Since) DetermineState()
    {
        var status = Facts.Status;
        if (IsFailing)
        {
            return (ProtectionState.Failing, status.LastEnd);
        }
        if (status.LastSuccess is null)
        {
            return Overdue.Is
                ? (ProtectionState.Overdue, Overdue.Start)
                : (IsPostponed ? ProtectionState.Held : ProtectionState.Waiting, Facts.Task.ScheduledSince);
        }
        if (!Facts.Task.Settings.Destinations.Any(HoldsNewestBackup))
        {
            return (ProtectionState.AtRisk, Facts.KnownProblems?.Destinations.Values.Max(d => (DateTimeOffset?)d.Since) ?? status.LastEnd);
        }
        if (Overdue.Is)
        {
            return (ProtectionState.Overdue, Overdue.Start);
        }
        if (IsStale)
        {
            return (
                IsPostponed ? ProtectionState.Held : ProtectionState.AtRisk,
                LongestGap is { } gap && LastGoodBackup <= Now ? LastGoodBackup + gap + OverdueThreshold : null
            );
        }
        return LackingDestinations.Any() ? (ProtectionState.Incomplete, status.LastEnd) : (ProtectionState.Covered, null);
    }

    private DateTimeOffset? FindLastGood()
    {
        if (Facts.Status.LastSuccess is not { } last)
        {
            return null;
        }
        var destinations = Facts.Task.Settings.Destinations;
        if (destinations.Count == 0 || destinations.Any(HasStoredNewestBackup))
        {
            return last;
        }
        return Facts.KnownProblems?.Destinations.Where(d => destinations.Contains(d.Key)).Max(d => d.Value.LastGood);
    }

    // A run that failed at every destination tells nothing about where the backup before it is stored.
    private bool HasStoredNewestBackup(string destination)
    {
        var status = Facts.Status;
        var stored = status.StoredAt is { } at
            ? at.Contains(destination)
            : status.LastState == OperationState.Failed || status.FailedDestinations?.ContainsKey(destination) != true;
        return stored && Facts.KnownProblems?.Destinations.ContainsKey(destination) != true;
    }

    private bool HoldsNewestBackup(string destination) => HasStoredNewestBackup(destination) && !IsUnavailable(destination);

    // A time far in the future comes from a wrong clock: the age of that backup is unknown.
    private bool IsFresh(DateTimeOffset good) =>
        LongestGap is { } gap && good - Now <= Scheduler.MaxClockSkew && (gap == TimeSpan.MaxValue || Now - good <= gap + OverdueThreshold);
}
