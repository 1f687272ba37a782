using System.Globalization;

namespace Holdfast.Core.Retention;

/// <summary>
/// Which chains of one task at one destination are past their time. It only says so; who deletes asks
/// <see cref="Deletable"/>.
/// </summary>
public sealed record RetentionPlan
{
    /// <summary>Fewer chains than this are never too many.</summary>
    public const int MinChainsForMajorityGuard = 4;

    /// <summary>How far in the future a backup may lie without the clock being suspected: nodes differ a little.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    /// <summary>
    /// The usual time between two fulls where the caller does not know it: chains are renewed after 30 days at the
    /// latest.
    /// </summary>
    public static readonly TimeSpan DefaultFullBackupInterval = TimeSpan.FromDays(30);

    private RetentionPlan() { }

    /// <summary>The chains whose time is over, oldest first; what a preview shows.</summary>
    public IReadOnlyList<StoredChainInfo> Expired { get; private init; } = [];

    /// <summary>The others, oldest first.</summary>
    public IReadOnlyList<StoredChainInfo> Retained { get; private init; } = [];

    /// <summary>Why an operator has to approve it. Stays <see cref="RetentionGuard.None"/> where nothing goes.</summary>
    public RetentionGuard Guard { get; private init; }

    /// <summary>The same in words; null for no brake.</summary>
    public string? GuardReason { get; private init; }

    /// <summary>Whether the operator has approved it.</summary>
    public bool IsApproved { get; private init; }

    /// <summary>What may be deleted now: all that goes, or nothing while a brake holds it.</summary>
    public IReadOnlyList<StoredChainInfo> Deletable => Guard == RetentionGuard.None || IsApproved ? Expired : [];

    /// <summary>
    /// The plan for <paramref name="chains"/>. A chain goes, whole, when its newest archive is older than the minimum
    /// age. The newest complete chain always stays, and what is newer
    /// than it; while no chain is complete, all stay. A chain that lies in the future is never the one that lets others
    /// go: a clock made it that was wrong.
    /// </summary>
    /// <remarks>
    /// A clock jump is seen in the chains alone, so that it stays seen until an operator has looked: an archive lies
    /// more than <see cref="ClockTolerance"/> in the future (the clock
    /// was ahead when it was made, or is behind now); or, after the newest chain that would go, no full began for
    /// longer than the minimum age and than three times the usual (the
    /// clock was set forward, or the server was off; either way everything before grew old in one stride, and one
    /// approval is for all of it).
    /// </remarks>
    /// <param name="chains">All chains of one task at one destination.</param>
    /// <param name="policy">How long they are kept; null for ever.</param>
    /// <param name="now">The time now, as far as it can be trusted.</param>
    /// <param name="approved">Whether an operator has approved what a brake held.</param>
    /// <param name="usualGap">
    /// Longest time between two fulls that the task's schedule means
    /// (<see cref="Scheduling.CronSchedule.LongestPeriod"/>); null for <see cref="DefaultFullBackupInterval"/>.
    /// </param>
    /// <param name="watchedSince">
    /// Since when a trusted clock has watched the time: what began after it is as old as it looks, whatever came
    /// between. Null where none has.
    /// </param>
    /// <exception cref="ArgumentException">The chains belong to several tasks.</exception>
    public static RetentionPlan Create(
        IReadOnlyList<StoredChainInfo> chains,
        RetentionPolicy? policy,
        DateTimeOffset now,
        bool approved = false,
        TimeSpan? usualGap = null,
        DateTimeOffset? watchedSince = null
    )
    {
        if (chains.Select(c => c.TaskId).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            throw new ArgumentException("Retention looks at the chains of one task at a time.", nameof(chains));
        }
        var ordered = chains
            .OrderBy(c => c.FullStartTime)
            .ThenBy(c => c.NewestStartTime)
            .ThenBy(c => c.Path, StringComparer.Ordinal)
            .ToList();
        var kept = ordered.Where(c => c.IsComplete && !IsInFuture(c, now)).MaxBy(c => (c.NewestStartTime, c.FullStartTime));
        if (policy is null || kept is null)
        {
            return new() { Retained = ordered };
        }

        var age = policy.MinimumAge > RetentionPolicy.MinimumAllowedAge ? policy.MinimumAge : RetentionPolicy.MinimumAllowedAge;
        var goes = ordered.ToLookup(c =>
            c != kept && now - c.NewestStartTime > age && c.NewestStartTime <= kept.NewestStartTime && c.FullStartTime <= kept.FullStartTime
        );
        var plan = new RetentionPlan
        {
            Expired = [.. goes[true]],
            Retained = [.. goes[false]],
            IsApproved = approved,
        };
        if (plan.Expired.Count == 0)
        {
            return plan;
        }
        if (FindClockJump(ordered, plan, age, usualGap ?? DefaultFullBackupInterval, now, watchedSince) is { } jump)
        {
            return plan with { Guard = RetentionGuard.ClockJump, GuardReason = jump };
        }
        return plan.Expired.Count >= MinChainsForMajorityGuard && plan.Expired.Count * 2 > ordered.Count
            ? plan with
            {
                Guard = RetentionGuard.TooMany,
                GuardReason = $"{plan.Expired.Count} of {ordered.Count} chains would be deleted at once.",
            }
            : plan;
    }

    /// <summary>The plan while the clock cannot be trusted: nothing goes before an operator has approved it.</summary>
    /// <param name="reason">What is wrong with the clock.</param>
    public RetentionPlan WithClockGuard(string reason) =>
        Expired.Count == 0 ? this : this with { Guard = RetentionGuard.ClockJump, GuardReason = reason };

    private static bool IsInFuture(StoredChainInfo chain, DateTimeOffset now) =>
        (chain.NewestStartTime > chain.FullStartTime ? chain.NewestStartTime : chain.FullStartTime) - now > ClockTolerance;

    private static string? FindClockJump(
        List<StoredChainInfo> ordered,
        RetentionPlan plan,
        TimeSpan age,
        TimeSpan usualGap,
        DateTimeOffset now,
        DateTimeOffset? watchedSince
    )
    {
        if (ordered.Find(c => IsInFuture(c, now)) is { } ahead)
        {
            return $"The chain {ahead.Path} lies in the future: the clock was ahead when it was made, or is behind now.";
        }
        // A schedule that never comes twice has an endless gap: three times that must not overflow.
        var longest = TimeSpan.FromTicks(Math.Max(age.Ticks, Math.Min(usualGap.Ticks, TimeSpan.MaxValue.Ticks / 3) * 3));
        var before = plan.Expired[^1].FullStartTime;
        foreach (var after in plan.Retained.Select(c => c.FullStartTime).Where(t => t > before).Append(now))
        {
            if (after - before > longest && !(before >= watchedSince))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"Between {before.ToUniversalTime():yyyy-MM-dd HH:mm} and {after.ToUniversalTime():yyyy-MM-dd HH:mm} UTC "
                        + $"no chain was begun: the server was off, or its clock was set forward and the backups look older than "
                        + $"they are."
                );
            }
            before = after;
        }

        return null;
    }
}
