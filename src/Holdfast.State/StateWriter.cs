using Holdfast.Core.Errors;
using Holdfast.Core.Events;

namespace Holdfast.State;

/// <summary>
/// Stores values that a node reports about itself, in the background, in groups and in order. If a key changes several times, only the last
/// value is stored, at the last position. While the store fails, values stay queued. Changes that must be stored before they are
/// acknowledged bypass the queue.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="time">The clock.</param>
public sealed class StateWriter(IStateStore store, TimeProvider time) : IAsyncDisposable
{
    // etcd accepts requests of up to 1.5 MiB, including keys and framing.
    private const int GroupBytes = 1 << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly LinkedList<Item> _queue = new();
    private readonly Dictionary<string, LinkedListNode<Item>> _queuedByKey = new(StringComparer.Ordinal);

    // Guards the queue and the health. Never held while calling out or awaiting.
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);

    // Serializes commits, so a flush also waits for the group in progress; taken before _gate.
    private readonly SemaphoreSlim _storing = new(1);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private long? _overdueSince; // guarded by _gate; timestamp since which values are queued and none was stored
    private int _failures;

    private sealed record Item(StateChange Change, Action<long> Stored);

    /// <summary>Why values cannot be stored at present; null if they can.</summary>
    public HoldfastException? Problem { get; private set; }

    /// <summary>Health of the background loop.</summary>
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

    /// <summary>Number of queued values.</summary>
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

    /// <summary>
    /// Raised when <see cref="Problem"/> appears or is resolved. Raised while commits are blocked: a handler must not block, or wait for
    /// this writer.
    /// </summary>
    public event Action? ProblemChanged;

    /// <summary>Starts the background loop.</summary>
    public void Start() => _loop = Task.Run(RunAsync, CancellationToken.None);

    /// <summary>Queues a change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="stored">
    /// Called with the revision of the commit. The key may have been queued again since. Called without the lock but while commits are
    /// blocked, so it must not wait for this writer.
    /// </param>
    /// <exception cref="ArgumentException">It exceeds <see cref="StateLimits"/>.</exception>
    public void Enqueue(StateChange change, Action<long> stored)
    {
        StateLimits.Check(new StateTransaction { Changes = [change] }); // here it fails alone; later it would fail with its group
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
    /// Commits a change that must be stored before it is acknowledged, for a key that is also queued here. Queued values of the key are
    /// dropped, so no older value is stored after it.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="commit">Commits the change. Called while other commits of this writer are blocked.</param>
    /// <param name="cancellationToken">Cancels the wait for its turn.</param>
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

    /// <summary>Waits until the queued value of a key is stored, or cannot be stored now.</summary>
    public async Task WaitUntilStoredAsync(string key, CancellationToken cancellationToken)
    {
        while (IsQueued(key) && await StoreAsync(cancellationToken)) { }
    }

    /// <summary>Waits until all queued values are stored, or cannot be stored now.</summary>
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

    // Last resort of the loop: any exception becomes its problem, and the next iteration follows after a pause.
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
                // The node flushes before it stops. Otherwise queued values are lost as in a crash; backups are found at the destinations.
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
            Wake(); // retries the queued values
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

    // Returns false if nothing is queued, or it cannot be stored now.
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
            throw; // the caller gave up; the store has not failed
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
            ErrorCatalog.StateUnavailable,
            $"The state store does not accept values: {e.GetType().Name}: {e.Message}",
            "The server retries automatically. Queued values are lost if it stops before they can be stored.",
            e
        );

    // Returns the first queued values. They stay queued until they are stored.
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

    // Removes a stored value, unless a later value has replaced it.
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
