using System.Collections.Concurrent;
using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>A mirror whose values this node reports itself: it shows them at once, and they are stored in the background.</summary>
/// <typeparam name="T">Type of the values.</typeparam>
/// <param name="mirror">The mirror.</param>
/// <param name="writer">Stores them.</param>
public sealed class WriteBehindState<T>(StateMirror<T> mirror, StateWriter writer)
    where T : class
{
    private readonly ConcurrentDictionary<string, Pending> _pending = new(StringComparer.Ordinal);
    private readonly Lock _setting = new(); // what is shown last is what is stored last

    /// <summary>
    /// All values, with their keys, in no order. Each is a moment's, not all of the same; none that is there all the
    /// time is missed or told twice.
    /// </summary>
    public IEnumerable<KeyValuePair<string, T>> Items
    {
        get
        {
            // In this order: what is no longer pending is in the mirror by then. Most of the time nothing is pending,
            // and nothing is copied.
            var pending = _pending.IsEmpty ? null : new Dictionary<string, Pending>(_pending.ToArray(), StringComparer.Ordinal);
            return pending is null ? Stored() : Both(pending);
        }
    }

    /// <summary>Number of values, roughly: those that are being stored for the first time can count or not.</summary>
    public int Count => mirror.Count;

    /// <summary>The value of a key; null where there is none.</summary>
    public T? Find(string key) => _pending.TryGetValue(key, out var pending) ? pending.Value : mirror.Find(key)?.Value;

    /// <summary>Sets a value.</summary>
    /// <exception cref="ArgumentException">No store would take it: <see cref="StateLimits"/>.</exception>
    public void Set(string key, T value) => Set(key, new Pending(value), mirror.CreateChange(key, value));

    /// <summary>Changes a value as it is by then, so that nothing is lost that others set meanwhile.</summary>
    /// <param name="key">The key.</param>
    /// <param name="change">
    /// Makes the new value of the present one, which is null where there is none. Gives null or the same one to leave
    /// it. Must call nobody.
    /// </param>
    /// <returns>The value as it is then; null where there is none.</returns>
    /// <exception cref="ArgumentException">No store would take it: <see cref="StateLimits"/>.</exception>
    public T? Change(string key, Func<T?, T?> change)
    {
        lock (_setting)
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

    /// <summary>Returns when the value of a key is stored, or cannot be now.</summary>
    public Task WaitUntilStoredAsync(string key, CancellationToken cancellationToken) =>
        writer.WaitUntilStoredAsync(mirror.CreateRemoval(key).Key, cancellationToken);

    /// <summary>Removes a value: it is gone at once, and the store follows in the background.</summary>
    public void Remove(string key) => Set(key, new Pending(null), mirror.CreateRemoval(key));

    /// <summary>Removes a value, and returns when that is stored.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        return writer.CommitAheadOfQueueAsync(mirror.CreateRemoval(key).Key, DeleteAsync, cancellationToken);

        async Task DeleteAsync()
        {
            var before = _pending.GetValueOrDefault(key);
            await mirror.DeleteAsync(key, null, cancellationToken);
            if (before is not null)
            {
                _pending.TryRemove(KeyValuePair.Create(key, before)); // not one that was set meanwhile
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
        lock (_setting)
        {
            writer.Enqueue(change, revision => _ = ForgetAsync(key, pending, revision));
            _pending[key] = pending;
        }
    }

    // The pending value stands until the mirror shows it.
    private async Task ForgetAsync(string key, Pending pending, long revision)
    {
        try
        {
            await mirror.WaitForRevisionWithRetriesAsync(revision);
            lock (_setting)
            {
                _pending.TryRemove(KeyValuePair.Create(key, pending)); // it may be stored before whoever set it has put it there
            }
        }
        catch (HoldfastException)
        {
            // The mirror was disposed: nobody looks any more.
        }
    }

    // Equal only to itself: a later value that happens to be the same is another.
    private sealed class Pending(T? value)
    {
        public T? Value => value;
    }
}
