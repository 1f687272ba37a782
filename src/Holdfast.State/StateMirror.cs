using System.Collections.Concurrent;
using System.Text.Json;
using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>All values under one prefix, held in memory and kept up to date by following the store, whoever changes them.</summary>
/// <typeparam name="T">Type of the values; written as <see cref="StateJson"/> says.</typeparam>
public sealed class StateMirror<T> : IAsyncDisposable
    where T : class
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IStateStore _store;
    private readonly string _prefix;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, StateItem<T>> _items = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, HoldfastException> _unreadable = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();
    private readonly Lock _gate = new();
    private Task _following = Task.CompletedTask;
    private Exception? _end;
    private long _revision;
    private int _disposed;

    /// <summary>Makes a mirror; it is empty until <see cref="StartAsync"/>.</summary>
    /// <param name="store">The store.</param>
    /// <param name="prefix">Beginning of the keys, with the slash at its end: <c>templates/</c>.</param>
    /// <param name="time">The clock.</param>
    public StateMirror(IStateStore store, string prefix, TimeProvider time) => (_store, _prefix, _time) = (store, prefix, time);

    /// <summary>Told of each change, in their order, after <see cref="Items"/> shows it: the key, the value before, and the value after; null for none. Must not block.</summary>
    public event Action<string, T?, T?>? Changed;

    /// <summary>
    /// Told of a value that cannot be read, as one that a newer node wrote: its key, and why. <see cref="Items"/> goes on showing the value before it, if
    /// there is one. Must not block.
    /// </summary>
    public event Action<string, HoldfastException>? Unreadable;

    /// <summary>All values, in no order. Each is a moment's, not all of the same.</summary>
    public IEnumerable<StateItem<T>> Items => _items.Values;

    /// <summary>The values that cannot be read, by their keys, and why.</summary>
    public IReadOnlyCollection<KeyValuePair<string, HoldfastException>> UnreadableItems => _unreadable.IsEmpty ? [] : _unreadable.ToArray();

    /// <summary>Number of values.</summary>
    public int Count => _items.Count;

    /// <summary>Starts to follow; returns when the values that are there have been read.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _following = Task.Run(FollowAsync, CancellationToken.None);
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
        var revision = await CommitAsync([Change(key, value)], expected is null ? [] : [new(_prefix + key, expected.Value)], cancellationToken);
        return new(key, value, revision);
    }

    /// <summary>Deletes a value, and returns when <see cref="Items"/> no longer shows it. No error where there is none.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Conflict"/> when it has another revision than <paramref name="expected"/>.</exception>
    public async Task DeleteAsync(string key, long? expected, CancellationToken cancellationToken)
    {
        StateCondition[] conditions = expected is null ? [] : [new(_prefix + key, expected.Value)];
        var commit = await _store.CommitAsync(new() { Conditions = conditions, Changes = [Removal(key)] }, cancellationToken);
        if (!commit.Applied)
        {
            commit = await _store.CommitAsync(new() { Conditions = [new(_prefix + key, 0)], Changes = [] }, cancellationToken);
            if (!commit.Applied) throw Conflict(key);
        }

        await ReachAsync(commit.Revision, cancellationToken);
    }

    /// <summary>The change that stores a value, for a transaction over several mirrors: commit it, then wait with <see cref="ReachAsync"/>.</summary>
    public StateChange Change(string key, T value) => new(_prefix + key, JsonSerializer.SerializeToUtf8Bytes(value, StateJson.Options));

    /// <summary>The change that removes a value, likewise.</summary>
    public StateChange Removal(string key) => new(_prefix + key, null);

    /// <summary>Returns when the mirror shows what the store held at <paramref name="revision"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.StateUnavailable"/> when it follows no longer.</exception>
    public Task ReachAsync(long revision, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_revision >= revision) return Task.CompletedTask;
            if (_end is not null) return Task.FromException(_end);
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(reached, revision);
            return reached.Task.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stop.CancelAsync();
            End(new HoldfastException(ErrorCatalogue.StateUnavailable, $"'{_prefix}' is no longer followed.", "Holdfast is stopping: ask again when it runs."));
        }

        await _following;
    }

    private static HoldfastException Conflict(string key) => new(ErrorCatalogue.Conflict, $"'{key}' was changed by somebody else since it was read.", "Read it again, and decide anew.");

    private async Task<long> CommitAsync(IReadOnlyList<StateChange> changes, IReadOnlyList<StateCondition> conditions, CancellationToken cancellationToken)
    {
        var commit = await _store.CommitAsync(new() { Conditions = conditions, Changes = changes }, cancellationToken);
        if (!commit.Applied) throw Conflict(changes[0].Key[_prefix.Length..]);
        await ReachAsync(commit.Revision, cancellationToken);
        return commit.Revision;
    }

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var batch in _store.FollowAsync(_prefix, _stop.Token)) Apply(batch);
                End(new HoldfastException(ErrorCatalogue.StateUnavailable, "The state store has been closed.", "Holdfast is stopping: ask again when it runs."));
                return;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (HoldfastException e) when (_first.Task.IsCompletedSuccessfully && e.Error == ErrorCatalogue.StateUnavailable)
            {
                await Task.Delay(Pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the values held still stand; the next batch is a snapshot
            }
            catch (Exception e)
            {
                End(e); // whoever waits must not wait for ever
                return;
            }
        }
    }

    // It shows nothing new from now on.
    private void End(Exception why)
    {
        lock (_gate)
        {
            _end ??= why;
            while (_waiting.TryDequeue(out var reached, out _)) reached.TrySetException(_end);
        }

        _first.TrySetException(why);
    }

    private void Apply(StateBatch batch)
    {
        var gone = batch.IsSnapshot ? _items.Keys.Except(batch.Puts.Select(p => p.Key[_prefix.Length..])).ToList() : batch.Deletes.Select(k => k[_prefix.Length..]);
        if (!_unreadable.IsEmpty) ForgetUnreadable(batch);
        foreach (var key in gone)
        {
            if (_items.TryRemove(key, out var was)) Changed?.Invoke(key, was.Value, null);
        }

        foreach (var entry in batch.Puts)
        {
            var key = entry.Key[_prefix.Length..];
            var was = _items.GetValueOrDefault(key);
            if (was?.Revision == entry.ModRevision) continue;
            if (Read(entry) is not { } value) continue;
            _items[key] = new(key, value, entry.ModRevision);
            Changed?.Invoke(key, was?.Value, value);
        }

        lock (_gate)
        {
            _revision = batch.Revision;
            while (_waiting.TryPeek(out var reached, out var revision) && revision <= _revision)
            {
                _waiting.Dequeue();
                reached.TrySetResult();
            }
        }

        _first.TrySetResult();
    }

    private void ForgetUnreadable(StateBatch batch)
    {
        var put = batch.Puts.Select(p => p.Key[_prefix.Length..]).ToHashSet(StringComparer.Ordinal);
        foreach (var key in batch.IsSnapshot ? _unreadable.Keys.Where(k => !put.Contains(k)) : batch.Deletes.Select(k => k[_prefix.Length..])) _unreadable.TryRemove(key, out _);
    }

    private T? Read(StateEntry entry)
    {
        try
        {
            var value = JsonSerializer.Deserialize<T>(entry.Value.Span, StateJson.Kept) ?? throw new JsonException("The value is null.");
            _unreadable.TryRemove(entry.Key[_prefix.Length..], out _);
            return value;
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or NotSupportedException or HoldfastException)
        {
            var failure = new HoldfastException(ErrorCatalogue.StateUnavailable, $"The value of '{entry.Key}' cannot be read: {e.Message}", "If a newer Holdfast wrote it, update this one; else store it anew.", e);
            _unreadable[entry.Key[_prefix.Length..]] = failure;
            Unreadable?.Invoke(entry.Key[_prefix.Length..], failure);
            return null;
        }
    }
}
