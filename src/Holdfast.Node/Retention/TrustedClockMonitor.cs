using Holdfast.Core.Events;
using Holdfast.Core.Retention;
using Holdfast.State;

namespace Holdfast.Node.Retention;

/// <summary>Keeps the trusted clock of a node: brought up to date whenever it is asked for, and stored each minute.</summary>
/// <param name="records">Where it is stored, by the tag of the node.</param>
/// <param name="node">Tag of the node.</param>
/// <param name="boot">How long the machine has run.</param>
/// <param name="time">The wall clock.</param>
public sealed class TrustedClockMonitor(WriteBehindState<TrustedClock> records, string node, IBootClock boot, TimeProvider time)
{
    /// <summary>How often it is stored.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new(); // the clock goes on from where it was last, whoever asks
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

    /// <summary>The trusted time that was stored last before <see cref="Start"/>; null where none was.</summary>
    public DateTimeOffset? LastSeenAlive { get; private set; }

    /// <summary>Goes on with what was stored; a node whose tag was changed goes on with the latest of any.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _clock = records.Find(node) ?? records.Items.Select(i => i.Value).MaxBy(c => c.Time);
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
            records.Set(node, _clock);
        }

        Subscribers.Notify(Changed);
        await records.WaitUntilStoredAsync(node, cancellationToken);
    }

    private void Store()
    {
        bool changed;
        lock (_gate)
        {
            var before = _clock?.Jumped;
            var now = Advance();
            changed = before is null != now.Jumped is null;
            records.Set(node, now);
        }

        if (changed)
        {
            Subscribers.Notify(Changed);
        }
    }

    private TrustedClock Advance()
    {
        var wall = time.GetUtcNow();
        return _clock = _clock?.Advance(wall, boot.BootId, boot.Uptime) ?? TrustedClock.Start(wall, boot.BootId, boot.Uptime);
    }
}
