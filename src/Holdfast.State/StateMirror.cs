using System.Collections.Concurrent;
using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;

namespace Holdfast.State;

/// <summary>All values under one prefix, in memory, kept current by watching the store.</summary>
/// <typeparam name="T">Type of the values; serialized with <see cref="StateJson"/>.</typeparam>
public sealed class StateMirror<T> : IAsyncDisposable
    where T : class
{
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromMinutes(1),
    ];

    private readonly IStateStore _store;
    private readonly string _prefix;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, StateItem<T>> _items = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, HoldfastException> _unreadable = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the fields below; never held while calling out (events are raised outside of it, and waiters continue asynchronously).
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Waiter, long> _waiters = new();
    private Task _watching = Task.CompletedTask;
    private Exception? _endReason; // why watching ended; waiters fail with it
    private HoldfastException? _problem;
    private long _revision;
    private long? _overdueSince; // timestamp since which a waiter exists and no batch has arrived
    private int _failures;
    private int _disposed;

    /// <summary>Creates a mirror. It is empty until <see cref="StartAsync"/>.</summary>
    /// <param name="store">The store.</param>
    /// <param name="prefix">Prefix of the keys, with the trailing slash: <c>templates/</c>.</param>
    /// <param name="time">The clock.</param>
    public StateMirror(IStateStore store, string prefix, TimeProvider time) => (_store, _prefix, _time) = (store, prefix, time);

    /// <summary>
    /// Raised for each change, in order, after <see cref="Items"/> shows it, with the key, the old value and the new value, null for none.
    /// Raised by the watch loop, without a lock, before waits for the revision complete: a handler that blocks, or waits for this mirror,
    /// would stop it.
    /// </summary>
    public event Action<string, T?, T?>? Changed;

    /// <summary>
    /// Raised for a value that cannot be deserialized, such as one from a newer node, with its key and the reason. <see cref="Items"/>
    /// keeps the previous value, if any. Raised like <see cref="Changed"/>; must not block.
    /// </summary>
    public event Action<string, HoldfastException>? Unreadable;

    /// <summary>Raised when the problem of <see cref="Loop"/> appears or is resolved. Must not block.</summary>
    public event Action? ProblemChanged;

    /// <summary>Health of the watch loop.</summary>
    public StateLoopHealth Loop
    {
        get
        {
            lock (_gate)
            {
                var silence = _overdueSince is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero;
                return new(_time.GetUtcNow() - silence, silence, _failures, _problem);
            }
        }
    }

    /// <summary>The watched prefix.</summary>
    public string Prefix => _prefix;

    /// <summary>All values, unordered. Not a snapshot: values may be of different revisions.</summary>
    public IEnumerable<StateItem<T>> Items => _items.Values;

    /// <summary>The values that cannot be deserialized, by key, with the reason.</summary>
    public IReadOnlyCollection<KeyValuePair<string, HoldfastException>> UnreadableItems => _unreadable.IsEmpty ? [] : _unreadable.ToArray();

    /// <summary>Number of values.</summary>
    public int Count => _items.Count;

    /// <summary>Starts watching; returns when the existing values have been read.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watching = Task.Run(WatchAsync, CancellationToken.None);
        return _first.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Returns the value of a key; null if there is none.</summary>
    public StateItem<T>? Find(string key) => _items.GetValueOrDefault(key);

    /// <summary>Stores a value; returns when <see cref="Items"/> shows it.</summary>
    /// <param name="key">The key, without the prefix.</param>
    /// <param name="value">The value.</param>
    /// <param name="expected">Required current revision; 0 if it must not exist; null for any.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Conflict"/> if it has another revision.</exception>
    public async Task<StateItem<T>> PutAsync(string key, T value, long? expected, CancellationToken cancellationToken)
    {
        var revision = await CommitAsync(
            [CreateChange(key, value)],
            expected is null ? [] : [new(_prefix + key, expected.Value)],
            cancellationToken
        );
        return new(key, value, revision);
    }

    /// <summary>Deletes a value; returns when <see cref="Items"/> no longer shows it. Deleting a missing value is not an error.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Conflict"/> if it has another revision than <paramref name="expected"/>.
    /// </exception>
    public async Task DeleteAsync(string key, long? expected, CancellationToken cancellationToken)
    {
        StateCondition[] conditions = expected is null ? [] : [new(_prefix + key, expected.Value)];
        var commit = await _store.CommitAsync(new() { Conditions = conditions, Changes = [CreateRemoval(key)] }, cancellationToken);
        if (!commit.Applied)
        {
            commit = await _store.CommitAsync(new() { Conditions = [new(_prefix + key, 0)], Changes = [] }, cancellationToken);
            if (!commit.Applied)
            {
                throw Conflict(key);
            }
        }

        await WaitForRevisionAsync(commit.Revision, cancellationToken);
    }

    /// <summary>
    /// Creates the change that stores a value, for a transaction over several mirrors: commit it, then wait with
    /// <see cref="WaitForRevisionAsync"/>.
    /// </summary>
    public StateChange CreateChange(string key, T value) =>
        new(_prefix + key, JsonSerializer.SerializeToUtf8Bytes(value, StateJson.Options));

    /// <summary>Creates the change that removes a value, likewise.</summary>
    public StateChange CreateRemoval(string key) => new(_prefix + key, null);

    /// <summary>Creates the condition that a value has this revision, likewise; 0 if it must not exist.</summary>
    public StateCondition CreateCondition(string key, long revision) => new(_prefix + key, revision);

    /// <summary>Waits until the mirror shows the state of the store at <paramref name="revision"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/> if it cannot watch the store.</exception>
    public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) =>
        WaitAsync(revision, retriesOnFailure: false).WaitAsync(cancellationToken);

    /// <summary>
    /// As <see cref="WaitForRevisionAsync"/>, but keeps waiting if watching fails; fails only when the mirror is disposed.
    /// </summary>
    internal Task WaitForRevisionWithRetriesAsync(long revision) => WaitAsync(revision, retriesOnFailure: true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Only the first call waits: it may be left behind if the store hangs, and then no other may wait for it.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        await _stop.CancelAsync();
        End(Stopping($"'{_prefix}' is no longer watched."), isFinal: true);
        await _watching;
    }

    private static HoldfastException Conflict(string key) =>
        new(ErrorCatalog.Conflict, $"'{key}' has changed since it old read.", "Read it again and repeat the change.");

    private async Task<long> CommitAsync(
        IReadOnlyList<StateChange> changes,
        IReadOnlyList<StateCondition> conditions,
        CancellationToken cancellationToken
    )
    {
        var commit = await _store.CommitAsync(new() { Conditions = conditions, Changes = changes }, cancellationToken);
        if (!commit.Applied)
        {
            throw Conflict(changes[0].Key[_prefix.Length..]);
        }
        await WaitForRevisionAsync(commit.Revision, cancellationToken);
        return commit.Revision;
    }

    private static HoldfastException Stopping(string message) =>
        new(ErrorCatalog.StateUnavailable, message, "Holdfast is stopping: retry when it is running again.");

    private Task WaitAsync(long revision, bool retriesOnFailure)
    {
        lock (_gate)
        {
            if (_revision >= revision)
            {
                return Task.CompletedTask;
            }
            if (_endReason is not null && (!retriesOnFailure || _disposed != 0))
            {
                return Task.FromException(_endReason);
            }
            var waiter = new Waiter(retriesOnFailure);
            _waiters.Enqueue(waiter, revision);
            _overdueSince ??= _time.GetTimestamp();
            return waiter.Reached.Task;
        }
    }

    // Last resort of the loop: any exception of the store, including a cancellation that is not ours, becomes its problem, and it watches
    // again after a pause.
    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var batch in _store.WatchAsync(_prefix, _stop.Token))
                {
                    Apply(batch);
                }
                if (_stop.IsCancellationRequested)
                {
                    return;
                }
                Fail(Stopping("The state store has been closed."), failsWaiters: true);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalog.StateUnavailable)
            {
                Fail(e, failsWaiters: false); // the values are kept, and the next batch is a snapshot
            }
            catch (Exception e)
            {
                Fail(Unexpected(e), failsWaiters: true);
            }

            if (_first.Task.IsFaulted)
            {
                return; // StartAsync has failed
            }
            var pause = Pauses[Math.Min(Loop.Failures, Pauses.Length) - 1];
            await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private HoldfastException Unexpected(Exception e) =>
        e as HoldfastException
        ?? new(
            ErrorCatalog.StateUnavailable,
            $"'{_prefix}' of the state cannot be watched: {e.GetType().Name}: {e.Message}",
            "The server retries automatically. Until then the values shown may be out of date.",
            e
        );

    private void Fail(HoldfastException problem, bool failsWaiters)
    {
        lock (_gate)
        {
            _failures++;
            _problem = problem;
        }

        if (failsWaiters || !_first.Task.IsCompleted)
        {
            End(problem, isFinal: false);
        }
        Subscribers.Notify(ProblemChanged);
    }

    // No new values arrive until it watches again, so waiters fail. Waiters with retries keep waiting, unless this is final.
    private void End(Exception why, bool isFinal)
    {
        lock (_gate)
        {
            _endReason = why;
            List<(Waiter Waiter, long Revision)> remaining = [];
            while (_waiters.TryDequeue(out var waiter, out var revision))
            {
                if (waiter.RetriesOnFailure && !isFinal)
                {
                    remaining.Add((waiter, revision));
                }
                else
                {
                    waiter.Reached.TrySetException(why);
                }
            }

            _waiters.EnqueueRange(remaining);
        }

        _first.TrySetException(why);
    }

    // Called by the watch loop only, so _items and _unreadable have a single writer. The events come before the revision: when a wait for
    // it completes, all handlers have run.
    private void Apply(StateBatch batch)
    {
        var removedKeys = batch.IsSnapshot
            ? _items.Keys.Except(batch.Puts.Select(p => p.Key[_prefix.Length..])).ToList()
            : batch.Deletes.Select(k => k[_prefix.Length..]);
        if (!_unreadable.IsEmpty)
        {
            ForgetUnreadable(batch);
        }
        foreach (var key in removedKeys)
        {
            if (_items.TryRemove(key, out var old))
            {
                Subscribers.Notify(Changed, key, old.Value, null);
            }
        }

        foreach (var entry in batch.Puts)
        {
            var key = entry.Key[_prefix.Length..];
            var old = _items.GetValueOrDefault(key);
            if (old?.Revision == entry.ModRevision)
            {
                continue;
            }
            if (Read(entry) is not { } value)
            {
                continue;
            }
            _items[key] = new(key, value, entry.ModRevision);
            Subscribers.Notify(Changed, key, old?.Value, value);
        }

        bool isOver;
        lock (_gate)
        {
            isOver = _problem is not null;
            (_endReason, _problem, _failures) = (_disposed != 0 ? _endReason : null, null, 0);
            _revision = batch.Revision;
            while (_waiters.TryPeek(out var waiter, out var revision) && revision <= _revision)
            {
                _waiters.Dequeue();
                waiter.Reached.TrySetResult();
            }

            _overdueSince = _waiters.Count > 0 ? _time.GetTimestamp() : null;
        }

        if (isOver)
        {
            Subscribers.Notify(ProblemChanged);
        }
        _first.TrySetResult();
    }

    private void ForgetUnreadable(StateBatch batch)
    {
        var put = batch.Puts.Select(p => p.Key[_prefix.Length..]).ToHashSet(StringComparer.Ordinal);
        foreach (
            var key in batch.IsSnapshot ? _unreadable.Keys.Where(k => !put.Contains(k)) : batch.Deletes.Select(k => k[_prefix.Length..])
        )
        {
            _unreadable.TryRemove(key, out _);
        }
    }

    private T? Read(StateEntry entry)
    {
        try
        {
            var value = JsonSerializer.Deserialize<T>(entry.Value.Span, StateJson.InterningOptions)
                ?? throw new JsonException("The value is null.");
            _unreadable.TryRemove(entry.Key[_prefix.Length..], out _);
            return value;
        }
        catch (Exception e) // one bad value must not affect the others
        {
            var failure = new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"The value of '{entry.Key}' cannot be read: {e.Message}",
                "If a newer Holdfast wrote it, update this one; otherwise store it again.",
                e
            );
            _unreadable[entry.Key[_prefix.Length..]] = failure;
            Subscribers.Notify(Unreadable, entry.Key[_prefix.Length..], failure);
            return null;
        }
    }

    private sealed class Waiter(bool retriesOnFailure)
    {
        public bool RetriesOnFailure => retriesOnFailure;

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
