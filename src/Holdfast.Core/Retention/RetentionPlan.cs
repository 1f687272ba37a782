using System.Globalization;

namespace Holdfast.Core.Retention;

/// <summary>
/// Which chains of one task at one destination have expired. The plan deletes nothing; its executor deletes what <see cref="Deletable"/>
/// returns.
/// </summary>
public sealed record RetentionPlan
{
    /// <summary>Deleting fewer chains than this never requires approval.</summary>
    public const int MinChainsForMajorityGuard = 4;

    /// <summary>How far in the future a backup may be before the clock is suspect: clocks of nodes differ slightly.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    /// <summary>Default interval between two full backups: a chain is renewed after at most 30 days.</summary>
    public static readonly TimeSpan DefaultFullBackupInterval = TimeSpan.FromDays(30);

    private RetentionPlan() { }

    /// <summary>The expired chains, oldest first, as a preview shows them.</summary>
    public IReadOnlyList<StoredChainInfo> Expired { get; private init; } = [];

    /// <summary>The remaining chains, oldest first.</summary>
    public IReadOnlyList<StoredChainInfo> Retained { get; private init; } = [];

    /// <summary>Why the plan requires approval. <see cref="RetentionGuard.None"/> if nothing has expired.</summary>
    public RetentionGuard Guard { get; private init; }

    /// <summary>The reason in words; null if no approval is required.</summary>
    public string? GuardReason { get; private init; }

    /// <summary>Whether an operator has approved the plan.</summary>
    public bool IsApproved { get; private init; }

    /// <summary>
    /// What may be deleted now: all expired chains, or, while approval is pending, only those whose deletion had begun before.
    /// </summary>
    public IReadOnlyList<StoredChainInfo> Deletable =>
        Guard == RetentionGuard.None || IsApproved ? Expired : [.. Expired.Where(c => c.IsExpiring)];

    /// <summary>
    /// Creates the plan for <paramref name="chains"/>. A chain expires as a whole when its newest archive is older than the minimum age.
    /// The newest complete chain and everything newer are always retained; while no chain is complete, all are. A chain in the future was
    /// named by a wrong clock and never lets other chains expire.
    /// </summary>
    /// <remarks>
    /// A clock jump is detected from the chains alone, so it stays detected until an operator has checked: an archive is more than
    /// <see cref="ClockTolerance"/> in the future (the clock was ahead when it was made, or is behind now); or, after the newest chain that
    /// would expire, no full backup began for longer than both the minimum age and three times the usual interval (the clock was set
    /// forward, or the server was off; in both cases everything before aged at once, and one approval covers all of it).
    /// </remarks>
    /// <param name="chains">All chains of one task at one destination.</param>
    /// <param name="policy">How long chains are kept; null for ever.</param>
    /// <param name="now">The current time, as far as it can be trusted.</param>
    /// <param name="approved">Whether an operator has approved the plan.</param>
    /// <param name="fullBackupInterval">
    /// Longest interval between two full backups by the task's schedule (<see cref="Scheduling.CronSchedule.LongestPeriod"/>); null for
    /// <see cref="DefaultFullBackupInterval"/>.
    /// </param>
    /// <param name="watchedSince">
    /// Since when a trusted clock has measured the time: ages of chains that began later are reliable. Null if there is no trusted clock.
    /// </param>
    /// <exception cref="ArgumentException">The chains belong to several tasks.</exception>
    public static RetentionPlan Create(
        IReadOnlyList<StoredChainInfo> chains,
        RetentionPolicy? policy,
        DateTimeOffset now,
        bool approved = false,
        TimeSpan? fullBackupInterval = null,
        DateTimeOffset? watchedSince = null
    )
    {
        if (chains.Select(c => c.TaskId).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            throw new ArgumentException("Retention evaluates the chains of one task at a time.", nameof(chains));
        }
        var ordered = chains
            .OrderBy(c => c.FullStartTime)
            .ThenBy(c => c.NewestStartTime)
            .ThenBy(c => c.Path, StringComparer.Ordinal)
            .ToList();
        var newestComplete = ordered.Where(c => c.IsComplete && !IsInFuture(c, now)).MaxBy(c => (c.NewestStartTime, c.FullStartTime));
        if (policy is null || newestComplete is null)
        {
            return new() { Retained = ordered };
        }

        var age = policy.MinimumAge > RetentionPolicy.MinimumAllowedAge ? policy.MinimumAge : RetentionPolicy.MinimumAllowedAge;
        var goes = ordered.ToLookup(c =>
            c != newestComplete
            && now - c.NewestStartTime > age
            && c.NewestStartTime <= newestComplete.NewestStartTime
            && c.FullStartTime <= newestComplete.FullStartTime
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
        if (FindClockJump(ordered, plan, age, fullBackupInterval ?? DefaultFullBackupInterval, now, watchedSince) is { } jump)
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

    /// <summary>
    /// Returns the plan together with chains whose deletion was interrupted: they come first, and need no approval again. What is left of
    /// them did not count in this plan.
    /// </summary>
    /// <param name="expiring">These chains, in the order of their deletion.</param>
    public RetentionPlan WithExpiring(IReadOnlyList<StoredChainInfo> expiring) =>
        expiring.Count == 0 ? this : this with { Expired = [.. expiring.Select(c => c with { IsExpiring = true }), .. Expired] };

    /// <summary>Returns the plan for a clock that cannot be trusted: nothing is deleted before an operator has approved it.</summary>
    /// <param name="reason">What is wrong with the clock.</param>
    public RetentionPlan WithClockGuard(string reason) =>
        Expired.All(c => c.IsExpiring) ? this : this with { Guard = RetentionGuard.ClockJump, GuardReason = reason };

    private static bool IsInFuture(StoredChainInfo chain, DateTimeOffset now) =>
        (chain.NewestStartTime > chain.FullStartTime ? chain.NewestStartTime : chain.FullStartTime) - now > ClockTolerance;

    private static string? FindClockJump(
        List<StoredChainInfo> ordered,
        RetentionPlan plan,
        TimeSpan age,
        TimeSpan fullBackupInterval,
        DateTimeOffset now,
        DateTimeOffset? watchedSince
    )
    {
        if (ordered.Find(c => IsInFuture(c, now)) is { } ahead)
        {
            return $"The chain {ahead.Path} is in the future: the clock was ahead when it was created, or is behind now.";
        }
        // A schedule with fewer than two slots has an infinite interval: three times that must not overflow.
        var longest = TimeSpan.FromTicks(Math.Max(age.Ticks, Math.Min(fullBackupInterval.Ticks, TimeSpan.MaxValue.Ticks / 3) * 3));
        var before = plan.Expired[^1].FullStartTime;
        foreach (var after in plan.Retained.Select(c => c.FullStartTime).Where(t => t > before).Append(now))
        {
            if (after - before > longest && !(before >= watchedSince))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"Between {before.ToUniversalTime():yyyy-MM-dd HH:mm} and {after.ToUniversalTime():yyyy-MM-dd HH:mm} UTC no "
                        + $"chain began: the server was off, or its clock was set forward and the backups appear older than they are."
                );
            }
            before = after;
        }

        return null;
    }
}
