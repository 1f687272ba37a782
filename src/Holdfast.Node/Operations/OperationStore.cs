using System.Collections.Concurrent;
using System.Security.Cryptography;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.State;

namespace Holdfast.Node.Operations;

/// <summary>The operations of all nodes: those of this one live, the others as they are stored.</summary>
/// <param name="records">As they are stored.</param>
/// <param name="node">Tag of this node.</param>
/// <param name="time">The clock.</param>
public sealed class OperationStore(WriteBehindState<Operation> records, string node, TimeProvider time)
{
    /// <summary>Operations that are kept once they have ended; older ones are forgotten. Two sweeps of 10,000 databases.</summary>
    public const int MaxStored = 20_000;

    // Logs are not stored: those of the last ones that ended can still be read.
    private const int MaxLogs = 200;

    private readonly ConcurrentDictionary<string, RunningOperation> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Id, IReadOnlyList<string> Log)> _logs = new();
    private long _lastTime;

    /// <summary>Told of each operation that came, began or ended. Must not block.</summary>
    public event Action<Operation>? Changed;

    /// <summary>Those of this node that have not ended.</summary>
    public IEnumerable<RunningOperation> Running => _running.Values;

    /// <summary>All of them, the newest first.</summary>
    public IReadOnlyList<Operation> All => [.. Unordered.OrderByDescending(o => o.Id, StringComparer.Ordinal)];

    /// <summary>All of them, in no order: for who wants but a few.</summary>
    public IEnumerable<Operation> Unordered =>
        records.Items.Select(r => _running.TryGetValue(r.Key, out var live) ? live.Current : r.Value);

    /// <summary>One of them as it is now; null where there is none.</summary>
    public Operation? Find(string id) => _running.TryGetValue(id, out var live) ? live.Current : records.Find(id);

    /// <summary>One of this node's that has not ended; null where it is not.</summary>
    public RunningOperation? FindRunning(string id) => _running.GetValueOrDefault(id);

    /// <summary>Its log; empty where none is kept any more.</summary>
    public IReadOnlyList<string> LogOf(string id) =>
        _running.TryGetValue(id, out var live) ? live.Log : _logs.FirstOrDefault(l => l.Id == id).Log ?? [];

    /// <summary>Adds one that waits.</summary>
    public RunningOperation Add(
        OperationKind kind,
        DatabaseId database,
        BackupTask? task,
        BackupKind? backupKind,
        string? askedBy,
        OperationRequest? request = null,
        string? runId = null
    )
    {
        var now = time.GetUtcNow();
        var operation = new Operation
        {
            Id = $"{NextTime(now.ToUnixTimeMilliseconds()):x11}{RandomNumberGenerator.GetHexString(6, lowercase: true)}",
            Kind = kind,
            State = OperationState.Queued,
            Database = database,
            TaskId = task?.Id,
            TaskName = task?.Name,
            BackupKind = backupKind,
            RunId = runId,
            AskedBy = askedBy,
            Node = node,
            Created = now,
            Request = request,
        };
        return Register(operation, askedBy is null ? "due by schedule" : $"asked for by {askedBy}");
    }

    /// <summary>Takes one up that waited when the node stopped: it waits again, as itself.</summary>
    public RunningOperation Resume(Operation operation) => Register(operation with { Node = node }, "waits again after a restart");

    /// <summary>
    /// Returns when an operation is stored, or cannot be now: whoever asked for it can be told its id, which a crash
    /// leaves known.
    /// </summary>
    public Task WaitUntilStoredAsync(string id, CancellationToken cancellationToken) => records.WaitUntilStoredAsync(id, cancellationToken);

    /// <summary>Those that waited when the node stopped, in the order in which they were asked for.</summary>
    /// <param name="ofAllNodes">Whether those of any other tag are this node's own, too: from before it got the one it has now.</param>
    public IReadOnlyList<Operation> GetQueued(bool ofAllNodes) =>
        [.. GetUnfinished(ofAllNodes).Where(o => o.State == OperationState.Queued).OrderBy(o => o.Id, StringComparer.Ordinal)];

    /// <summary>Ends what a node that crashed has left running. What only waited goes on waiting.</summary>
    /// <param name="ofAllNodes">As for <see cref="GetQueued"/>.</param>
    /// <param name="ended">How one had ended before the crash, as far as its task's status knows; null where it had not.</param>
    /// <returns>Those that ran, and had not ended.</returns>
    public IReadOnlyList<Operation> EndInterrupted(bool ofAllNodes, Func<Operation, OperationState?> ended)
    {
        var running = new List<Operation>();
        foreach (var operation in GetUnfinished(ofAllNodes).Where(o => o.State == OperationState.Running).ToList())
        {
            if (ended(operation) is { } state)
            {
                Set(operation.Id, operation with { State = state, Ended = time.GetUtcNow(), Phase = "ended" });
                continue;
            }

            running.Add(operation);
            var error = new HoldfastException(
                ErrorCatalogue.Interrupted,
                "The server stopped while this ran.",
                "Nothing half is left. A scheduled backup runs again by itself."
            );
            Set(
                operation.Id,
                operation with
                {
                    State = OperationState.Failed,
                    Ended = time.GetUtcNow(),
                    Phase = "ended",
                    Error = OperationError.From(error),
                }
            );
        }

        return running;
    }

    /// <summary>Forgets the oldest that have ended, above <see cref="MaxStored"/>.</summary>
    public void Prune()
    {
        if (records.Count <= MaxStored)
        {
            return;
        }
        var old = records
            .Items.Where(r => r.Value.HasEnded)
            .Select(r => r.Key)
            .OrderDescending(StringComparer.Ordinal)
            .Skip(MaxStored)
            .ToList();
        foreach (var id in old)
        {
            records.Remove(id); // in groups, as everything that is only reported
        }
    }

    /// <summary>Stores how far the running ones are; called every few seconds.</summary>
    public void StoreProgress()
    {
        foreach (var live in _running.Values)
        {
            live.StoreProgress();
        }
    }

    private IEnumerable<Operation> GetUnfinished(bool ofAllNodes) =>
        records
            .Items.Where(r => !r.Value.HasEnded && (ofAllNodes || r.Value.Node == node) && !_running.ContainsKey(r.Key))
            .Select(r => r.Value);

    private RunningOperation Register(Operation operation, string line)
    {
        var live = new RunningOperation(this, operation, time);
        live.Write(line);
        _running[operation.Id] = live;
        Publish(live);
        return live;
    }

    internal void Publish(RunningOperation live) => Set(live.Id, live.Current);

    internal void MarkEnded(RunningOperation live)
    {
        try
        {
            Set(live.Id, live.Current);
        }
        catch (ArgumentException)
        {
            // Its result is more than a store takes. That it has ended must be stored all the same, or it would run for ever.
            var ended = live.Current;
            Set(
                live.Id,
                ended with
                {
                    Result = null,
                    Error = ended.Error is null
                        ? null
                        : ended.Error with
                        {
                            Message = Truncation.Truncate(ended.Error.Message),
                            Hint = null,
                        },
                }
            );
        }
        finally
        {
            _logs.Enqueue((live.Id, live.Log));
            while (_logs.Count > MaxLogs)
            {
                _logs.TryDequeue(out _);
            }
            _running.TryRemove(live.Id, out _);
        }
    }

    // Of those that are asked for in one millisecond, too, the later one has the greater id.
    private long NextTime(long now)
    {
        while (true)
        {
            var last = Interlocked.Read(ref _lastTime);
            var next = Math.Max(now, last + 1);
            if (Interlocked.CompareExchange(ref _lastTime, next, last) == last)
            {
                return next;
            }
        }
    }

    private void Set(string id, Operation operation)
    {
        records.Set(id, operation);
        Subscribers.Notify(Changed, operation);
    }
}
