using System.Collections.Concurrent;

namespace Holdfast.State;

/// <summary>A mirror whose values this node reports itself: it shows them at once, and they are stored in the background.</summary>
/// <typeparam name="T">Type of the values.</typeparam>
/// <param name="mirror">The mirror.</param>
/// <param name="writer">Stores them.</param>
public sealed class StateRecords<T>(StateMirror<T> mirror, StateWriter writer)
    where T : class
{
    private readonly ConcurrentDictionary<string, T> _pending = new(StringComparer.Ordinal);

    /// <summary>All values, with their keys, in no order.</summary>
    public IEnumerable<KeyValuePair<string, T>> Items =>
        _pending.Concat(mirror.Items.Where(i => !_pending.ContainsKey(i.Key)).Select(i => KeyValuePair.Create(i.Key, i.Value)));

    /// <summary>The value of a key; null where there is none.</summary>
    public T? Find(string key) => _pending.TryGetValue(key, out var value) ? value : mirror.Find(key)?.Value;

    /// <summary>Sets a value.</summary>
    public void Set(string key, T value)
    {
        _pending[key] = value;
        writer.Set(mirror.Change(key, value), revision => _ = ForgetAsync(key, value, revision));
    }

    /// <summary>Removes a value, and returns when that is stored.</summary>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        _pending.TryRemove(key, out _);
        await mirror.DeleteAsync(key, null, cancellationToken);
    }

    // The pending value stands until the mirror shows it.
    private async Task ForgetAsync(string key, T value, long revision)
    {
        try
        {
            await mirror.ReachAsync(revision, CancellationToken.None);
            _pending.TryRemove(KeyValuePair.Create(key, value));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or Core.Errors.HoldfastException)
        {
            // The mirror ends: nobody looks any more.
        }
    }
}
