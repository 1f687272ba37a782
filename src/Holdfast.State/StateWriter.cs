using Holdfast.Core.Errors;

namespace Holdfast.State;

/// <summary>
/// Stores what a node reports of itself, in the background and in groups: of a key that changes several times the last value counts. Where the store
/// cannot take it the values wait, and are stored when it can again. What must be stored before it is acknowledged goes past it.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="time">The clock.</param>
public sealed class StateWriter(IStateStore store, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, (StateChange Change, Action<long> Stored)> _waiting = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly SemaphoreSlim _storing = new(1); // who flushes waits for a group that is under way, too
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Why nothing can be stored at the moment; null where it can.</summary>
    public HoldfastException? Problem { get; private set; }

    /// <summary>Told when <see cref="Problem"/> came or went. Must not block.</summary>
    public event Action? ProblemChanged;

    /// <summary>Begins to store.</summary>
    public void Start() => _loop = Task.Run(RunAsync, CancellationToken.None);

    /// <summary>Takes a change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="stored">Called with its revision when it is stored, unless a later one of the same key took its place.</param>
    public void Set(StateChange change, Action<long> stored)
    {
        lock (_gate) _waiting[change.Key] = (change, stored);
        if (_wake.CurrentCount == 0) _wake.Release();
    }

    /// <summary>Returns when everything taken so far is stored, or could not be.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        while (await StoreAsync(cancellationToken))
        {
        }
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

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stop.Token);
                while (await StoreAsync(_stop.Token))
                {
                }

                if (Problem is null) continue;
                await Task.Delay(Pause, time, _stop.Token);
                if (_wake.CurrentCount == 0) _wake.Release();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // What waits was flushed by whoever stops the node, or is lost as in a crash: backups are found by what lies at the destinations.
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
        List<(StateChange Change, Action<long> Stored)> group;
        lock (_gate)
        {
            group = [.. _waiting.Values.Take(StateLimits.OperationsPerTransaction)];
            foreach (var (change, _) in group) _waiting.Remove(change.Key);
        }

        if (group.Count == 0) return false;
        try
        {
            var commit = await store.CommitAsync(new() { Changes = [.. group.Select(g => g.Change)] }, cancellationToken);
            SetProblem(null);
            foreach (var (_, stored) in group) stored(commit.Revision);
            return true;
        }
        catch (Exception e) when (e is HoldfastException or OperationCanceledException)
        {
            lock (_gate)
            {
                foreach (var item in group) _waiting.TryAdd(item.Change.Key, item); // a later value has taken its place
            }

            if (e is not HoldfastException problem) throw;
            SetProblem(problem);
            return false;
        }
    }

    private void SetProblem(HoldfastException? problem)
    {
        var (before, _) = (Problem, Problem = problem);
        if (before is null != problem is null) ProblemChanged?.Invoke();
    }
}
