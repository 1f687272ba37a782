namespace Holdfast.Core.Retention;

/// <summary>
/// The time as measured by a node: a start time, advanced by how long the machine has run since. A wall clock ahead of it has jumped, or
/// the machine was off; the two cannot be told apart, so nothing is deleted because of the wall clock alone. Immutable and pure: callers
/// pass in the clock readings.
/// </summary>
public sealed record TrustedClock
{
    /// <summary>How far the wall clock may be ahead.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Maximum time off that is credited without further proof.</summary>
    public static readonly TimeSpan MaxCreditedOffTime = TimeSpan.FromDays(1);

    /// <summary>
    /// Minimum time between the starts of two full backups of a task that confirm the wall clock after the machine was off.
    /// </summary>
    public static readonly TimeSpan MinConfirmationInterval = TimeSpan.FromHours(1);

    // A clock that is synchronized over the network is correct some minutes after the machine has started.
    private static readonly TimeSpan SettlingTime = TimeSpan.FromMinutes(10);

    /// <summary>The trusted time at the last update.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Since when the time is measured; nothing is known about the time before.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Boot id of the machine; a different one means that the machine was off in between.</summary>
    public required string Boot { get; init; }

    /// <summary>Uptime of the machine at the last update, including sleep.</summary>
    public required TimeSpan Running { get; init; }

    /// <summary>
    /// Uptime (<see cref="Running"/>) until which time off may still be credited; null if none may be, because it was credited already or
    /// the machine was not restarted.
    /// </summary>
    public TimeSpan? SettledAt { get; init; }

    /// <summary>The wall clock when it was found ahead of the trusted time; null if it is not.</summary>
    public DateTimeOffset? Jumped { get; init; }

    /// <summary>The trusted time when that was found; meaningless if <see cref="Jumped"/> is null.</summary>
    public DateTimeOffset Found { get; init; }

    /// <summary>
    /// Whether the jump was found when the machine had just started. It may have been off, and a second full backup can confirm the wall
    /// clock.
    /// </summary>
    public bool JumpedWhileOff { get; init; }

    /// <summary>Creates a clock that starts measuring now. The wall clock is trusted, because nothing else is known.</summary>
    /// <param name="wall">The wall clock.</param>
    /// <param name="boot">Boot id of the machine.</param>
    /// <param name="running">Uptime, including sleep.</param>
    public static TrustedClock Start(DateTimeOffset wall, string boot, TimeSpan running) =>
        new()
        {
            Time = wall,
            Since = wall,
            Boot = boot,
            Running = running,
        };

    /// <summary>Returns the clock advanced to the current readings.</summary>
    /// <param name="wall">The wall clock.</param>
    /// <param name="boot">Boot id of the machine.</param>
    /// <param name="running">Uptime, including sleep.</param>
    public TrustedClock Advance(DateTimeOffset wall, string boot, TimeSpan running)
    {
        var isSame = boot == Boot && running >= Running;
        var time = isSame ? Time + (running - Running) : Time;
        // While a jump is unresolved, another boot gives no credit: otherwise each boot would credit a day.
        var settledAt =
            isSame ? SettledAt
            : Jumped is null ? running + SettlingTime
            : null;
        if (settledAt < running)
        {
            settledAt = null;
        }
        var next = this with { Time = time, Boot = boot, Running = running, SettledAt = settledAt };
        if (!next.IsBehind(wall))
        {
            return next with { Jumped = null, JumpedWhileOff = false };
        }
        // Off again: a confirmation of the earlier jump does not cover this one.
        if (Jumped is not null)
        {
            return isSame || wall - next.Confirmed <= Tolerance ? next : next with { Jumped = wall, Found = time };
        }
        if (settledAt is null)
        {
            return next with { Jumped = wall, Found = time };
        }

        var off = wall - time;
        next = next with { Time = time + (off < MaxCreditedOffTime ? off : MaxCreditedOffTime), SettledAt = null };
        return next.IsBehind(wall) ? next with { Jumped = wall, Found = next.Time, JumpedWhileOff = true } : next;
    }

    /// <summary>Returns the clock after an operator has confirmed that the wall clock is right.</summary>
    /// <param name="wall">The wall clock.</param>
    public TrustedClock Confirm(DateTimeOffset wall) =>
        this with
        {
            Time = wall,
            Since = wall < Since ? wall : Since,
            Jumped = null,
            JumpedWhileOff = false,
            SettledAt = null,
        };

    /// <summary>
    /// Whether the full backups of a task confirm the wall clock although it is ahead: the machine was off, and two full backups have been
    /// made since, an hour apart. They confirm that jump and the time since, and no later jump.
    /// </summary>
    /// <param name="fulls">Start times of its full backups.</param>
    /// <param name="wall">The wall clock.</param>
    public bool IsConfirmedBy(IEnumerable<DateTimeOffset> fulls, DateTimeOffset wall)
    {
        if (Jumped is not { } jumped || !JumpedWhileOff || wall - Confirmed > Tolerance)
        {
            return false;
        }
        var after = fulls.Where(f => f >= jumped - Tolerance && f <= Confirmed + Tolerance).ToList();
        return after.Count > 1 && after.Max() - after.Min() >= MinConfirmationInterval;
    }

    // The current wall clock if it was right when the jump was found.
    private DateTimeOffset Confirmed => (Jumped ?? Time) + (Time - (Jumped is null ? Time : Found));

    private bool IsBehind(DateTimeOffset wall) => wall - Time > Tolerance;
}
