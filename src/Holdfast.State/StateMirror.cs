using System.Collections.Concurrent;
using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;

namespace Holdfast.State;

/// <summary>All values under one prefix, held in memory and kept up to date by following the store, whoever changes them.</summary>
/// <typeparam name="T">Type of the values; written as <see cref="StateJson"/> says.</typeparam>
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
    private readonly Lock _gate = new(); // guards what follows; nobody outside is called under it
    private readonly PriorityQueue<Waiter, long> _waiting = new();
    private Task _watching = Task.CompletedTask;
    private Exception? _endReason; // why it follows no longer; who asks for a revision is told
    private HoldfastException? _problem;
    private long _revision;
    private long? _overdueSince; // timestamp: since then somebody waits, and nothing came
    private int _failures;
    private int _disposed;

    /// <summary>Makes a mirror; it is empty until <see cref="StartAsync"/>.</summary>
    /// <param name="store">The store.</param>
    /// <param name="prefix">Beginning of the keys, with the slash at its end: <c>templates/</c>.</param>
    /// <param name="time">The clock.</param>
    public StateMirror(IStateStore store, string prefix, TimeProvider time) => (_store, _prefix, _time) = (store, prefix, time);

    /// <summary>
    /// Told of each change, in their order, after <see cref="Items"/> shows it: the key, the value before, and the
    /// value after; null for none. Must not block.
    /// </summary>
    public event Action<string, T?, T?>? Changed;

    /// <summary>
    /// Told of a value that cannot be read, as one that a newer node wrote: its key, and why. <see cref="Items"/> goes
    /// on showing the value before it, if
    /// there is one. Must not block.
    /// </summary>
    public event Action<string, HoldfastException>? Unreadable;

    /// <summary>Raised when the problem of <see cref="Loop"/> came or went. Must not block.</summary>
    public event Action? ProblemChanged;

    /// <summary>How following is doing.</summary>
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

    /// <summary>The prefix that it follows.</summary>
    public string Prefix => _prefix;

    /// <summary>All values, in no order. Each is a moment's, not all of the same.</summary>
    public IEnumerable<StateItem<T>> Items => _items.Values;

    /// <summary>The values that cannot be read, by their keys, and why.</summary>
    public IReadOnlyCollection<KeyValuePair<string, HoldfastException>> UnreadableItems => _unreadable.IsEmpty ? [] : _unreadable.ToArray();

    /// <summary>Number of values.</summary>
    public int Count => _items.Count;

    /// <summary>Starts to follow; returns when the values that are there have been read.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watching = Task.Run(WatchAsync, CancellationToken.None);
        return _first.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The value of a key; null where there is none.</summary>
    public StateItem<T>? Find(string key) => _items.GetValueOrDefault(key);

    /// <summary>Stores a value, and returns when <see cref="Items"/> shows it.</summary>
    /// <param name="key">The key, without the prefix.</param>
    /// <param name="value">The value.</param>
    /// <param name="expected">Revision that it must have now; 0 where it must not exist; null where that does not matter.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Conflict"/> when it has another revision.</exception>
    public async Task<StateItem<T>> PutAsync(string key, T value, long? expected, CancellationToken cancellationToken)
    {
        var revision = await CommitAsync(
            [CreateChange(key, value)],
            expected is null ? [] : [new(_prefix + key, expected.Value)],
            cancellationToken
        );
        return new(key, value, revision);
    }

    /// <summary>Deletes a value, and returns when <see cref="Items"/> no longer shows it. No error where there is none.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Conflict"/> when it has another revision than <paramref name="expected"/>.
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
    /// The change that stores a value, for a transaction over several mirrors: commit it, then wait with
    /// <see cref="WaitForRevisionAsync"/>.
    /// </summary>
    public StateChange CreateChange(string key, T value) =>
        new(_prefix + key, JsonSerializer.SerializeToUtf8Bytes(value, StateJson.Options));

    /// <summary>The change that removes a value, likewise.</summary>
    public StateChange CreateRemoval(string key) => new(_prefix + key, null);

    /// <summary>The condition that a value has this revision, likewise; 0 where it must not exist.</summary>
    public StateCondition CreateCondition(string key, long revision) => new(_prefix + key, revision);

    /// <summary>Returns when the mirror shows what the store held at <paramref name="revision"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.StateUnavailable"/> when it cannot follow.</exception>
    public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) =>
        WaitAsync(revision, isPatient: false).WaitAsync(cancellationToken);

    /// <summary>
    /// As <see cref="WaitForRevisionAsync"/>, but waits for following that failed to work again; fails only where the mirror is
    /// disposed.
    /// </summary>
    internal Task WaitForRevisionWithRetriesAsync(long revision) => WaitAsync(revision, isPatient: true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stop.CancelAsync();
            End(Stopping($"'{_prefix}' is no longer followed."), isFinal: true);
        }

        await _watching;
    }

    private static HoldfastException Conflict(string key) =>
        new(ErrorCatalogue.Conflict, $"'{key}' was changed by somebody else since it was read.", "Read it again, and decide anew.");

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
        new(ErrorCatalogue.StateUnavailable, message, "Holdfast is stopping: ask again when it runs.");

    private Task WaitAsync(long revision, bool isPatient)
    {
        lock (_gate)
        {
            if (_revision >= revision)
            {
                return Task.CompletedTask;
            }
            if (_endReason is not null && (!isPatient || _disposed != 0))
            {
                return Task.FromException(_endReason);
            }
            var waiter = new Waiter(isPatient);
            _waiting.Enqueue(waiter, revision);
            _overdueSince ??= _time.GetTimestamp();
            return waiter.Reached.Task;
        }
    }

    // Its edge: whatever the store throws, a cancellation that is not ours too, is shown as its problem, and it follows
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
                Fail(Stopping("The state store has been closed."), mustNotWait: true);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.StateUnavailable)
            {
                Fail(e, mustNotWait: false); // the values held still stand, and the next batch is a snapshot
            }
            catch (Exception e)
            {
                Fail(Unexpected(e), mustNotWait: true);
            }

            if (_first.Task.IsFaulted)
            {
                return; // whoever starts the mirror was told that it does not run
            }
            var pause = Pauses[Math.Min(Loop.Failures, Pauses.Length) - 1];
            await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private HoldfastException Unexpected(Exception e) =>
        e as HoldfastException
        ?? new(
            ErrorCatalogue.StateUnavailable,
            $"'{_prefix}' of the state cannot be followed: {e.GetType().Name}: {e.Message}",
            "It is tried again by itself. What is shown may be old until then.",
            e
        );

    private void Fail(HoldfastException problem, bool mustNotWait)
    {
        lock (_gate)
        {
            _failures++;
            _problem = problem;
        }

        if (mustNotWait || !_first.Task.IsCompleted)
        {
            End(problem, isFinal: false);
        }
        Subscribers.Notify(ProblemChanged);
    }

    // It shows nothing new until it follows again: who waits is told. Patient ones wait on, unless this is the end.
    private void End(Exception why, bool isFinal)
    {
        lock (_gate)
        {
            _endReason = why;
            List<(Waiter Waiter, long Revision)> patient = [];
            while (_waiting.TryDequeue(out var waiter, out var revision))
            {
                if (waiter.RetriesOnFailure && !isFinal)
                {
                    patient.Add((waiter, revision));
                }
                else
                {
                    waiter.Reached.TrySetException(why);
                }
            }

            _waiting.EnqueueRange(patient);
        }

        _first.TrySetException(why);
    }

    private void Apply(StateBatch batch)
    {
        var gone = batch.IsSnapshot
            ? _items.Keys.Except(batch.Puts.Select(p => p.Key[_prefix.Length..])).ToList()
            : batch.Deletes.Select(k => k[_prefix.Length..]);
        if (!_unreadable.IsEmpty)
        {
            ForgetUnreadable(batch);
        }
        foreach (var key in gone)
        {
            if (_items.TryRemove(key, out var was))
            {
                Subscribers.Notify(Changed, key, was.Value, null);
            }
        }

        foreach (var entry in batch.Puts)
        {
            var key = entry.Key[_prefix.Length..];
            var was = _items.GetValueOrDefault(key);
            if (was?.Revision == entry.ModRevision)
            {
                continue;
            }
            if (Read(entry) is not { } value)
            {
                continue;
            }
            _items[key] = new(key, value, entry.ModRevision);
            Subscribers.Notify(Changed, key, was?.Value, value);
        }

        bool isOver;
        lock (_gate)
        {
            isOver = _problem is not null;
            (_endReason, _problem, _failures) = (_disposed != 0 ? _endReason : null, null, 0);
            _revision = batch.Revision;
            while (_waiting.TryPeek(out var waiter, out var revision) && revision <= _revision)
            {
                _waiting.Dequeue();
                waiter.Reached.TrySetResult();
            }

            _overdueSince = _waiting.Count > 0 ? _time.GetTimestamp() : null;
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
        catch (Exception e) // whatever is wrong with one value, the others are read
        {
            var failure = new HoldfastException(
                ErrorCatalogue.StateUnavailable,
                $"The value of '{entry.Key}' cannot be read: {e.Message}",
                "If a newer Holdfast wrote it, update this one; else store it anew.",
                e
            );
            _unreadable[entry.Key[_prefix.Length..]] = failure;
            Subscribers.Notify(Unreadable, entry.Key[_prefix.Length..], failure);
            return null;
        }
    }

    private sealed class Waiter(bool isPatient)
    {
        public bool RetriesOnFailure => isPatient;

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
