using System.Collections.Concurrent;
using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>A mirror of values that this node itself reports: they are visible at once and stored in the background.</summary>
/// <typeparam name="T">Type of the values.</typeparam>
/// <param name="mirror">The mirror.</param>
/// <param name="writer">Stores the values.</param>
public sealed class WriteBehindState<T>(StateMirror<T> mirror, StateWriter writer)
    where T : class
{
    private readonly ConcurrentDictionary<string, Pending> _pending = new(StringComparer.Ordinal);

    // Keeps the visible value and the queued value in the same order; taken before the writer's lock, and never held while waiting.
    private readonly Lock _gate = new();

    /// <summary>
    /// All values with their keys, unordered. Not a snapshot, but a value that exists throughout is returned exactly once.
    /// </summary>
    public IEnumerable<KeyValuePair<string, T>> Items
    {
        get
        {
            // Pending values are read first: whatever is no longer pending is in the mirror by then. Usually nothing is pending, and
            // nothing is copied.
            var pending = _pending.IsEmpty ? null : new Dictionary<string, Pending>(_pending.ToArray(), StringComparer.Ordinal);
            return pending is null ? Stored() : Both(pending);
        }
    }

    /// <summary>Approximate number of values: those being stored for the first time may or may not be counted.</summary>
    public int Count => mirror.Count;

    /// <summary>Returns the value of a key; null if there is none.</summary>
    public T? Find(string key) => _pending.TryGetValue(key, out var pending) ? pending.Value : mirror.Find(key)?.Value;

    /// <summary>Sets a value.</summary>
    /// <exception cref="ArgumentException">It exceeds <see cref="StateLimits"/>.</exception>
    public void Set(string key, T value) => Set(key, new Pending(value), mirror.CreateChange(key, value));

    /// <summary>Changes the current value atomically, so that no concurrent change is lost.</summary>
    /// <param name="key">The key.</param>
    /// <param name="change">
    /// Returns the new value for the current one, which is null if there is none; null or the same object for no change. Called with the
    /// lock held, so it must not call out.
    /// </param>
    /// <returns>The value afterwards; null if there is none.</returns>
    /// <exception cref="ArgumentException">It exceeds <see cref="StateLimits"/>.</exception>
    public T? Change(string key, Func<T?, T?> change)
    {
        lock (_gate)
        {
            var before = Find(key);
            if (change(before) is not { } after || ReferenceEquals(after, before))
            {
                return before;
            }
            Set(key, after);
            return after;
        }
    }

    /// <summary>Waits until the value of a key is stored, or cannot be stored now.</summary>
    public Task WaitUntilStoredAsync(string key, CancellationToken cancellationToken) =>
        writer.WaitUntilStoredAsync(mirror.CreateRemoval(key).Key, cancellationToken);

    /// <summary>Waits until the values include what other nodes have stored up to a revision of the store.</summary>
    public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) =>
        mirror.WaitForRevisionAsync(revision, cancellationToken);

    /// <summary>Removes a value at once; the store follows in the background.</summary>
    public void Remove(string key) => Set(key, new Pending(null), mirror.CreateRemoval(key));

    /// <summary>Removes a value; returns when the removal is stored.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        return writer.CommitAheadOfQueueAsync(mirror.CreateRemoval(key).Key, DeleteAsync, cancellationToken);

        async Task DeleteAsync()
        {
            var before = _pending.GetValueOrDefault(key);
            await mirror.DeleteAsync(key, null, cancellationToken);
            if (before is not null)
            {
                _pending.TryRemove(KeyValuePair.Create(key, before)); // but not a value that was set in the meantime
            }
        }
    }

    private IEnumerable<KeyValuePair<string, T>> Stored() => mirror.Items.Select(i => KeyValuePair.Create(i.Key, i.Value));

    private IEnumerable<KeyValuePair<string, T>> Both(Dictionary<string, Pending> pending) =>
        pending
            .Where(p => p.Value.Value is not null)
            .Select(p => KeyValuePair.Create(p.Key, p.Value.Value!))
            .Concat(Stored().Where(i => !pending.ContainsKey(i.Key)));

    private void Set(string key, Pending pending, StateChange change)
    {
        lock (_gate)
        {
            writer.Enqueue(change, revision => _ = ForgetAsync(key, pending, revision));
            _pending[key] = pending;
        }
    }

    // The pending value stays visible until the mirror shows it.
    private async Task ForgetAsync(string key, Pending pending, long revision)
    {
        try
        {
            await mirror.WaitForRevisionWithRetriesAsync(revision);
            lock (_gate)
            {
                _pending.TryRemove(KeyValuePair.Create(key, pending)); // under the lock, because it may be stored before Set has added it
            }
        }
        catch (HoldfastException)
        {
            // The mirror was disposed and is no longer used.
        }
    }

    // Compared by reference: a later equal value is a different one.
    private sealed class Pending(T? value)
    {
        public T? Value => value;
    }
}
