namespace Holdfast.Node.Backups;

/// <summary>First come, first served within a group; the groups take turns. So a template with 10,000 databases keeps nobody else waiting. Not safe for several threads.</summary>
/// <typeparam name="T">What waits.</typeparam>
internal sealed class FairQueue<T>
{
    private readonly Queue<string> _turns = new();
    private readonly Dictionary<string, Queue<T>> _groups = new(StringComparer.Ordinal);

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Puts one at the end of its group.</summary>
    public void Enqueue(string group, T item)
    {
        if (!_groups.TryGetValue(group, out var queue))
        {
            _groups.Add(group, queue = new());
            _turns.Enqueue(group);
        }

        queue.Enqueue(item);
        Count++;
    }

    /// <summary>Takes the first of the group whose turn it is.</summary>
    public bool TryDequeue(out T item)
    {
        item = default!;
        if (!_turns.TryDequeue(out var group)) return false;
        var queue = _groups[group];
        item = queue.Dequeue();
        Count--;
        if (queue.Count > 0) _turns.Enqueue(group);
        else _groups.Remove(group);
        return true;
    }
}
