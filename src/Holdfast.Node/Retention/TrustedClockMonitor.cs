using Holdfast.Core.Events;
using Holdfast.Core.Retention;
using Holdfast.State;

namespace Holdfast.Node.Retention;

/// <summary>Maintains the trusted clock of a node: advanced whenever it is read, and stored each minute.</summary>
/// <param name="records">The stored clocks, by the tag of the node.</param>
/// <param name="settings">Tag of the node, and its boot clock.</param>
/// <param name="time">The wall clock.</param>
public sealed class TrustedClockMonitor(WriteBehindState<TrustedClock> records, NodeSettings settings, TimeProvider time)
{
    /// <summary>How often it is stored.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new(); // guards the clock, so that every reader continues from the last value
    private readonly IBootClock _boot = settings.BootClock ?? new ProviderBootClock(time);
    private TrustedClock? _clock;

    /// <summary>Raised when the wall clock is found to be ahead of the trusted one, or no longer is. Must not block.</summary>
    public event Action? Changed;

    /// <summary>The current clock.</summary>
    public TrustedClock Current
    {
        get
        {
            lock (_gate)
            {
                return Advance();
            }
        }
    }

    /// <summary>The latest possible current time: the later of wall clock and trusted clock.</summary>
    public DateTimeOffset LatestPossibleTime => Current.Time is var trusted && trusted > time.GetUtcNow() ? trusted : time.GetUtcNow();

    /// <summary>When the node was started: slots missed before that are caught up, not overdue.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>The trusted time that was last stored before <see cref="Start"/>; null if there was none.</summary>
    public DateTimeOffset? LastSeenAlive { get; private set; }

    /// <summary>Starts the clock. Call it before anything else is started.</summary>
    public void MarkStarted() => StartedAt = time.GetUtcNow();

    /// <summary>Continues from the stored clock; a node whose tag was changed continues from the latest of any tag.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _clock = records.Find(settings.Tag) ?? records.Items.Select(i => i.Value).MaxBy(c => c.Time);
        }
        LastSeenAlive = _clock?.Time;
        Store();
    }

    /// <summary>Advances the clock and stores it.</summary>
    public Task StoreAsync()
    {
        Store();
        return Task.CompletedTask;
    }

    /// <summary>Confirms that the wall clock is right. Stored, or queued to be stored, when this returns.</summary>
    public async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _clock = Advance().Confirm(time.GetUtcNow());
            records.Set(settings.Tag, _clock);
        }

        Subscribers.Notify(Changed);
        await records.WaitUntilStoredAsync(settings.Tag, cancellationToken);
    }

    private void Store()
    {
        bool changed;
        lock (_gate)
        {
            var before = _clock?.Jumped;
            var now = Advance();
            changed = before is null != now.Jumped is null;
            records.Set(settings.Tag, now);
        }

        if (changed)
        {
            Subscribers.Notify(Changed);
        }
    }

    private TrustedClock Advance()
    {
        var wall = time.GetUtcNow();
        return _clock = _clock?.Advance(wall, _boot.BootId, _boot.Uptime) ?? TrustedClock.Start(wall, _boot.BootId, _boot.Uptime);
    }
}
