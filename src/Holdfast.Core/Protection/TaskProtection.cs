using Holdfast.Core.Operations;
using Holdfast.Core.Scheduling;

namespace Holdfast.Core.Protection;

/// <summary>
/// How well one task protects its database at one moment. The first of these that holds is its state: the last run
/// failed (<see cref="ProtectionState.Failing"/>);
/// no backup yet (<see cref="ProtectionState.Overdue"/>, <see cref="ProtectionState.Held"/>, else
/// <see cref="ProtectionState.Waiting"/>); no destination holds the newest backup
/// whole (<see cref="ProtectionState.AtRisk"/>); a slot passed and nothing ran (<see cref="ProtectionState.Overdue"/>); the
/// newest good backup is older than the schedule's longest gap and an
/// hour (<see cref="ProtectionState.Held"/> where an operator put it off, else <see cref="ProtectionState.AtRisk"/>); a
/// destination does not hold it
/// (<see cref="ProtectionState.Incomplete"/>); else <see cref="ProtectionState.Covered"/>.
/// </summary>
public sealed class TaskProtection
{
    /// <summary>
    /// How long after its slot a backup that has not begun is overdue, and by how much the newest may be older than the
    /// schedule's longest gap.
    /// </summary>
    public static readonly TimeSpan OverdueThreshold = TimeSpan.FromHours(1);

    private TaskProtection(TaskFacts facts, DateTimeOffset now, TimeSpan? gap)
    {
        (Facts, Now, LongestGap) = (facts, now, gap);
        LastGoodBackup = FindLastGood();
        (State, Since) = DetermineState();
    }

    /// <summary>What it was decided by.</summary>
    public TaskFacts Facts { get; }

    /// <summary>The state that this task alone gives its database.</summary>
    public ProtectionState State { get; }

    /// <summary>Since when; null where nobody knows, and where it is protected.</summary>
    public DateTimeOffset? Since { get; }

    /// <summary>
    /// When the newest backup began that is not known to be bad, or the run after it that found nothing changed; null
    /// for none.
    /// </summary>
    public DateTimeOffset? LastGoodBackup { get; }

    /// <summary>Why, for people, in a sentence or two.</summary>
    public string Reason => ProtectionReasons.Describe(this);

    /// <summary>Destinations of the task that do not hold its newest backup, as far as is known.</summary>
    public IEnumerable<string> LackingDestinations => Facts.Task.Settings.Destinations.Where(d => !HoldsNewestBackup(d));

    /// <summary>Whether a destination that is not there now is all that it lacks: that is told once for all tasks.</summary>
    public bool LacksOnlyUnavailable => LackingDestinations.Any() && LackingDestinations.All(IsUnavailable) && !IsLate;

    /// <summary>Whether the newest good backup is older than the schedule's longest gap and an hour allow.</summary>
    public bool IsStale => LastGoodBackup is { } good && !IsFresh(good);

    /// <summary>
    /// Whether a slot passed more than an hour ago and nothing ran, or the newest good backup is too old or not there
    /// at all.
    /// </summary>
    public bool IsLate => Overdue.Is || IsStale || (LastGoodBackup is null && Facts.Status.LastSuccess is { } last && !IsFresh(last));

    internal DateTimeOffset Now { get; }

    internal TimeSpan? LongestGap { get; }

    internal bool IsUnavailable(string destination) => Facts.UnavailableDestinations?.Contains(destination) == true;

    /// <summary>Decides.</summary>
    /// <param name="facts">What is known of the task.</param>
    /// <param name="now">The moment.</param>
    /// <param name="zone">Time zone of tasks that name none.</param>
    public static TaskProtection Evaluate(TaskFacts facts, DateTimeOffset now, TimeZoneInfo zone) =>
        new(facts, now, ScheduleGap.GetLongest(facts.Task.Settings, zone));

    private (DateTimeOffset Start, bool Is) Overdue =>
        Facts.DueAt is { } due ? (due, Now - due > OverdueThreshold && !Facts.IsRunning) : default;

    // A run that the node's stop put off begins again at once: it has not ended as aborted.
    private bool IsPostponed => Facts.Status is { LastState: OperationState.Aborted, DelayedUntil: { } until } && until > Now;

    // All the destinations that it failed at may have been taken out of the task since: then the failure says nothing any more.
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

    // What a run that failed everywhere says of destinations says nothing of where the backup before it lies.
    private bool HasStoredNewestBackup(string destination)
    {
        var status = Facts.Status;
        var stored = status.StoredAt is { } at
            ? at.Contains(destination)
            : status.LastState == OperationState.Failed || status.FailedDestinations?.ContainsKey(destination) != true;
        return stored && Facts.KnownProblems?.Destinations.ContainsKey(destination) != true;
    }

    private bool HoldsNewestBackup(string destination) => HasStoredNewestBackup(destination) && !IsUnavailable(destination);

    // A time far ahead was written by a clock that was wrong: nobody knows how old that backup is.
    private bool IsFresh(DateTimeOffset good) =>
        LongestGap is { } gap && good - Now <= Scheduler.MaxClockSkew && (gap == TimeSpan.MaxValue || Now - good <= gap + OverdueThreshold);
}
