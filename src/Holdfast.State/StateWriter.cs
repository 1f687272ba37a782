using Holdfast.Core.Errors;
using Holdfast.Core.Events;

namespace Holdfast.State;

/// <summary>
/// Stores what a node reports of itself, in the background and in groups, in the order in which it is reported: of a
/// key that changes several times the
/// last value counts, at the last one's place. Where the store cannot take it the values wait, and are stored when it
/// can again. What must be stored
/// before it is acknowledged goes past it.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="time">The clock.</param>
public sealed class StateWriter(IStateStore store, TimeProvider time) : IAsyncDisposable
{
    // etcd takes requests of 1.5 MiB; keys and envelopes need some of it.
    private const int GroupBytes = 1 << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly LinkedList<Item> _queue = new();
    private readonly Dictionary<string, LinkedListNode<Item>> _queuedByKey = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly SemaphoreSlim _storing = new(1); // who flushes waits for a group that is under way, too
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private long? _overdueSince; // guarded by _gate; timestamp: since then values wait, and none was stored
    private int _failures;

    private sealed record Item(StateChange Change, Action<long> Stored);

    /// <summary>Why nothing can be stored at the moment; null where it can.</summary>
    public HoldfastException? Problem { get; private set; }

    /// <summary>How storing is doing.</summary>
    public StateLoopHealth Loop
    {
        get
        {
            lock (_gate)
            {
                var silence = _overdueSince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;
                return new(time.GetUtcNow() - silence, silence, _failures, Problem);
            }
        }
    }

    /// <summary>How many values wait.</summary>
    public int QueuedCount
    {
        get
        {
            lock (_gate)
            {
                return _queuedByKey.Count;
            }
        }
    }

    /// <summary>Told when <see cref="Problem"/> came or went. Must not block.</summary>
    public event Action? ProblemChanged;

    /// <summary>Begins to store.</summary>
    public void Start() => _loop = Task.Run(RunAsync, CancellationToken.None);

    /// <summary>Takes a change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="stored">Called with its revision when it is stored, unless a later one of the same key took its place.</param>
    /// <exception cref="ArgumentException">No store would take it: <see cref="StateLimits"/>.</exception>
    public void Enqueue(StateChange change, Action<long> stored)
    {
        StateLimits.Check(new StateTransaction { Changes = [change] }); // here, where it fails alone, and not with its group
        lock (_gate)
        {
            if (_queuedByKey.TryGetValue(change.Key, out var before))
            {
                _queue.Remove(before);
            }
            _queuedByKey[change.Key] = _queue.AddLast(new Item(change, stored));
            _overdueSince ??= time.GetTimestamp();
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    /// <summary>
    /// Makes a change that must be stored before it is acknowledged, of a key that is written here too: what waits for
    /// the key is dropped, and nothing older comes after it.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="commit">Stores the change.</param>
    /// <param name="cancellationToken">Stops waiting for its turn.</param>
    public async Task CommitAheadOfQueueAsync(string key, Func<Task> commit, CancellationToken cancellationToken)
    {
        await _storing.WaitAsync(cancellationToken);
        try
        {
            LinkedListNode<Item>? older;
            lock (_gate)
            {
                older = _queuedByKey.GetValueOrDefault(key);
            }
            await commit();
            if (older is not null)
            {
                Drop(older);
            }
        }
        finally
        {
            _storing.Release();
        }
    }

    /// <summary>Returns when the value of a key that was taken is stored, or cannot be now: for what is acknowledged.</summary>
    public async Task WaitUntilStoredAsync(string key, CancellationToken cancellationToken)
    {
        while (IsQueued(key) && await StoreAsync(cancellationToken)) { }
    }

    /// <summary>Returns when everything taken so far is stored, or could not be.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        while (await StoreAsync(cancellationToken)) { }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        _wake.Dispose();
        _storing.Dispose();
    }

    private bool IsQueued(string key)
    {
        lock (_gate)
        {
            return _queuedByKey.ContainsKey(key);
        }
    }

    // Its edge: whatever is thrown in a turn is its problem, and the next turn comes after a pause.
    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await RunIterationAsync();
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                // What waits was flushed by whoever stops the node, or is lost as in a crash: backups are found by what
                // lies at the destinations.
                return;
            }
            catch (Exception e)
            {
                SetProblem(Unexpected(e));
                Wake();
            }

            if (Problem is not null)
            {
                await Task.Delay(Pause, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunIterationAsync()
    {
        await _wake.WaitAsync(_stop.Token);
        while (await StoreAsync(_stop.Token)) { }

        if (Problem is not null)
        {
            Wake(); // what waits is tried again
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    // False where nothing waits, or cannot be stored now.
    private async Task<bool> StoreAsync(CancellationToken cancellationToken)
    {
        await _storing.WaitAsync(cancellationToken);
        try
        {
            return await StoreGroupAsync(cancellationToken);
        }
        finally
        {
            _storing.Release();
        }
    }

    private async Task<bool> StoreGroupAsync(CancellationToken cancellationToken)
    {
        var group = Group();
        if (group.Count == 0)
        {
            return false;
        }
        try
        {
            var commit = await store.CommitAsync(new() { Changes = group.ConvertAll(g => g.Value.Change) }, cancellationToken);
            SetProblem(null);
            foreach (var node in group)
            {
                Drop(node);
                node.Value.Stored(commit.Revision);
            }

            return true;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw; // whoever waited has given up: that says nothing of the store
        }
        catch (Exception e)
        {
            SetProblem(Unexpected(e));
            return false;
        }
    }

    private static HoldfastException Unexpected(Exception e) =>
        e as HoldfastException
        ?? new(
            ErrorCatalogue.StateUnavailable,
            $"The state store does not take values: {e.GetType().Name}: {e.Message}",
            "It is tried again by itself. What waits is lost if the server stops before it can be stored.",
            e
        );

    // The first that wait. They stay in line until they are stored.
    private List<LinkedListNode<Item>> Group()
    {
        var group = new List<LinkedListNode<Item>>();
        var bytes = 0;
        lock (_gate)
        {
            for (var node = _queue.First; node is not null && group.Count < StateLimits.OperationsPerTransaction; node = node.Next)
            {
                bytes += node.Value.Change.Value?.Length ?? 0;
                if (bytes > GroupBytes && group.Count > 0)
                {
                    break;
                }
                group.Add(node);
            }
        }

        return group;
    }

    // Unless a later value has taken its place.
    private void Drop(LinkedListNode<Item> node)
    {
        lock (_gate)
        {
            if (_queuedByKey.GetValueOrDefault(node.Value.Change.Key) != node)
            {
                return;
            }
            _queuedByKey.Remove(node.Value.Change.Key);
            _queue.Remove(node);
            _overdueSince = _queue.Count > 0 ? time.GetTimestamp() : null;
        }
    }

    private void SetProblem(HoldfastException? problem)
    {
        HoldfastException? before;
        lock (_gate)
        {
            (before, Problem) = (Problem, problem);
            _failures = problem is null ? 0 : _failures + 1;
        }

        if (before is null != problem is null)
        {
            Subscribers.Notify(ProblemChanged);
        }
    }
}
