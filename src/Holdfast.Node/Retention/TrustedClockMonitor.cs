using Holdfast.Core.Events;
using Holdfast.Core.Retention;
using Holdfast.State;

namespace Holdfast.Node.Retention;

/// <summary>Keeps the trusted clock of a node: brought up to date whenever it is asked for, and stored each minute.</summary>
/// <param name="records">Where it is stored, by the tag of the node.</param>
/// <param name="settings">Tag of the node, and how long the machine has run.</param>
/// <param name="time">The wall clock.</param>
public sealed class TrustedClockMonitor(WriteBehindState<TrustedClock> records, NodeSettings settings, TimeProvider time)
{
    /// <summary>How often it is stored.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new(); // the clock goes on from where it was last, whoever asks
    private readonly IBootClock _boot = settings.BootClock ?? new ProviderBootClock(time);
    private TrustedClock? _clock;

    /// <summary>Told when the wall clock was found beyond the trusted one, or no longer is. Must not block.</summary>
    public event Action? Changed;

    /// <summary>The clock as it is now.</summary>
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

    /// <summary>The latest that it can be now: what the wall clock says, or the trusted time where that is later.</summary>
    public DateTimeOffset LatestPossibleTime => Current.Time is var trusted && trusted > time.GetUtcNow() ? trusted : time.GetUtcNow();

    /// <summary>When the node was started: what was missed before that is caught up, not overdue.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>The trusted time that was stored last before <see cref="Start"/>; null where none was.</summary>
    public DateTimeOffset? LastSeenAlive { get; private set; }

    /// <summary>The node starts now. To be called before anything else is started.</summary>
    public void MarkStarted() => StartedAt = time.GetUtcNow();

    /// <summary>Goes on with what was stored; a node whose tag was changed goes on with the latest of any.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _clock = records.Find(settings.Tag) ?? records.Items.Select(i => i.Value).MaxBy(c => c.Time);
        }
        LastSeenAlive = _clock?.Time;
        Store();
    }

    /// <summary>Brings it up to date and stores it.</summary>
    public Task StoreAsync()
    {
        Store();
        return Task.CompletedTask;
    }

    /// <summary>An operator has looked at the wall clock: it is right. Stored when this returns, or waits to be.</summary>
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
