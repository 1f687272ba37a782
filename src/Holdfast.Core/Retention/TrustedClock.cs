namespace Holdfast.Core.Retention;

/// <summary>
/// The time as far as a node has seen it pass: what it was, advanced by how long the machine has run since. A wall
/// clock that is beyond it has jumped, or
/// the machine was off; which of the two nobody can tell, so nothing is deleted on its word alone. Pure: whoever keeps
/// it says what the clocks show.
/// </summary>
public sealed record TrustedClock
{
    /// <summary>How far the wall clock may be beyond it.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>What time that the machine was off counts as at most, until something else proves it.</summary>
    public static readonly TimeSpan MaxCreditedOffTime = TimeSpan.FromDays(1);

    /// <summary>
    /// How far apart two full backups of a task must be begun to prove that the wall clock is right after the machine
    /// was off.
    /// </summary>
    public static readonly TimeSpan MinConfirmationInterval = TimeSpan.FromHours(1);

    // A clock that is set by the network is right some minutes after the machine started.
    private static readonly TimeSpan SettlingTime = TimeSpan.FromMinutes(10);

    /// <summary>The trusted time when this was last brought up to date.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Since when the time is watched; what was before that nobody knows.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Id of the machine's start; another one means that it was off in between.</summary>
    public required string Boot { get; init; }

    /// <summary>How long the machine had run then, sleep included.</summary>
    public required TimeSpan Running { get; init; }

    /// <summary>
    /// Until when, by <see cref="Running"/>, time off may still be counted; null where none may: it was, or the machine
    /// did not start anew.
    /// </summary>
    public TimeSpan? SettledAt { get; init; }

    /// <summary>What the wall clock showed when it was found beyond this one; null while it is not.</summary>
    public DateTimeOffset? Jumped { get; init; }

    /// <summary>The trusted time when that was found; without meaning while it was not.</summary>
    public DateTimeOffset Found { get; init; }

    /// <summary>Whether that was found as the machine had just started: it may have been off, and a second full backup proves it.</summary>
    public bool JumpedWhileOff { get; init; }

    /// <summary>A clock that begins to be watched: the wall clock is believed, for nothing else is known.</summary>
    /// <param name="wall">What the wall clock shows.</param>
    /// <param name="boot">Id of the machine's start.</param>
    /// <param name="running">How long it has run since, sleep included.</param>
    public static TrustedClock Start(DateTimeOffset wall, string boot, TimeSpan running) =>
        new()
        {
            Time = wall,
            Since = wall,
            Boot = boot,
            Running = running,
        };

    /// <summary>The clock, brought up to date.</summary>
    /// <param name="wall">What the wall clock shows.</param>
    /// <param name="boot">Id of the machine's start.</param>
    /// <param name="running">How long it has run since, sleep included.</param>
    public TrustedClock Advance(DateTimeOffset wall, string boot, TimeSpan running)
    {
        var isSame = boot == Boot && running >= Running;
        var time = isSame ? Time + (running - Running) : Time;
        // Where a jump is still open, another start proves nothing: each would count a day.
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
        // Off again: what has proved the jump before says nothing of this time.
        if (Jumped is not null)
        {
            return isSame || wall - next.Proved <= Tolerance ? next : next with { Jumped = wall, Found = time };
        }
        if (settledAt is null)
        {
            return next with { Jumped = wall, Found = time };
        }

        var off = wall - time;
        next = next with { Time = time + (off < MaxCreditedOffTime ? off : MaxCreditedOffTime), SettledAt = null };
        return next.IsBehind(wall) ? next with { Jumped = wall, Found = next.Time, JumpedWhileOff = true } : next;
    }

    /// <summary>The clock after an operator has looked at the wall clock and found it right.</summary>
    /// <param name="wall">What it shows.</param>
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
    /// Whether the full backups of a task prove that the wall clock is right, though it is beyond this one: the machine
    /// was off, and two have been made
    /// since, an hour apart. They prove the time that has passed since then, and no other jump: a wall clock beyond that is not proved.
    /// </summary>
    /// <param name="fulls">When its full backups were begun.</param>
    /// <param name="wall">What the wall clock shows.</param>
    public bool IsConfirmedBy(IEnumerable<DateTimeOffset> fulls, DateTimeOffset wall)
    {
        if (Jumped is not { } jumped || !JumpedWhileOff || wall - Proved > Tolerance)
        {
            return false;
        }
        var after = fulls.Where(f => f >= jumped - Tolerance && f <= Proved + Tolerance).ToList();
        return after.Count > 1 && after.Max() - after.Min() >= MinConfirmationInterval;
    }

    // What the wall clock would show now if it was right when the jump was found.
    private DateTimeOffset Proved => (Jumped ?? Time) + (Time - (Jumped is null ? Time : Found));

    private bool IsBehind(DateTimeOffset wall) => wall - Time > Tolerance;
}
