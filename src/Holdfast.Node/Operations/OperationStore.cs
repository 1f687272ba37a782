using System.Collections.Concurrent;
using System.Security.Cryptography;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.State;

namespace Holdfast.Node.Operations;

/// <summary>The operations of all nodes: those of this node in memory, the others as stored.</summary>
/// <param name="records">The stored operations.</param>
/// <param name="node">Tag of this node.</param>
/// <param name="time">The clock.</param>
public sealed class OperationStore(WriteBehindState<Operation> records, string node, TimeProvider time)
{
    /// <summary>Number of ended operations that are kept; older ones are deleted. Two runs of 10,000 databases.</summary>
    public const int MaxStored = 20_000;

    // Logs are not stored: those of the most recent ended operations stay readable.
    private const int MaxLogs = 200;

    private readonly ConcurrentDictionary<string, RunningOperation> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Id, IReadOnlyList<string> Log)> _logs = new();
    private long _lastTime;

    /// <summary>Raised for each operation that was added, started or ended. Must not block.</summary>
    public event Action<Operation>? Changed;

    /// <summary>Operations of this node that have not ended.</summary>
    public IEnumerable<RunningOperation> Running => _running.Values;

    /// <summary>All operations, the newest first.</summary>
    public IReadOnlyList<Operation> All => [.. Unordered.OrderByDescending(o => o.Id, StringComparer.Ordinal)];

    /// <summary>All operations, in no particular order: for callers that need only a few.</summary>
    public IEnumerable<Operation> Unordered =>
        records.Items.Select(r => _running.TryGetValue(r.Key, out var live) ? live.Current : r.Value);

    /// <summary>The current state of an operation; null if it does not exist.</summary>
    public Operation? Find(string id) => _running.TryGetValue(id, out var live) ? live.Current : records.Find(id);

    /// <summary>An operation of this node that has not ended; null for any other.</summary>
    public RunningOperation? FindRunning(string id) => _running.GetValueOrDefault(id);

    /// <summary>The log of an operation; empty if it is no longer kept.</summary>
    public IReadOnlyList<string> LogOf(string id) =>
        _running.TryGetValue(id, out var live) ? live.Log : _logs.FirstOrDefault(l => l.Id == id).Log ?? [];

    /// <summary>Adds a queued operation on a database.</summary>
    public RunningOperation Add(
        OperationKind kind,
        DatabaseId database,
        BackupTask? task,
        BackupKind? backupKind,
        string? askedBy,
        OperationRequest? request = null,
        string? runId = null
    ) =>
        Add(
            Create(kind, askedBy, request) with
            {
                Database = database,
                TaskId = task?.Id,
                TaskName = task?.Name,
                BackupKind = backupKind,
                RunId = runId,
            }
        );

    /// <summary>Adds a queued operation on a whole destination.</summary>
    public RunningOperation Add(OperationKind kind, string destination, string? askedBy, OperationRequest request) =>
        Add(Create(kind, askedBy, request) with { Destination = destination });

    /// <summary>Resumes an operation that was queued when the node stopped, under its old id.</summary>
    public RunningOperation Resume(Operation operation) => Register(operation with { Node = node }, "queued again after a restart");

    /// <summary>
    /// Returns when an operation is stored, or cannot be stored now. Its id can then be given to the caller, because it survives a
    /// crash.
    /// </summary>
    public Task WaitUntilStoredAsync(string id, CancellationToken cancellationToken) => records.WaitUntilStoredAsync(id, cancellationToken);

    /// <summary>Operations that were queued when the node stopped, in the order in which they were requested.</summary>
    /// <param name="ofAllNodes">
    /// Whether operations of other tags count as this node's own, because its tag has been changed.
    /// </param>
    public IReadOnlyList<Operation> GetQueued(bool ofAllNodes) =>
        [.. GetUnfinished(ofAllNodes).Where(o => o.State == OperationState.Queued).OrderBy(o => o.Id, StringComparer.Ordinal)];

    /// <summary>Ends operations that a crashed node left running. Queued ones stay queued.</summary>
    /// <param name="ofAllNodes">As for <see cref="GetQueued"/>.</param>
    /// <param name="ended">
    /// How an operation had ended before the crash, according to the status of its task; null if it had not.
    /// </param>
    /// <returns>The operations that were running and had not ended.</returns>
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
                ErrorCatalog.Interrupted,
                "The server stopped while this ran.",
                operation.Kind switch
                {
                    OperationKind.RebuildCatalog => "What was recorded stays. Start it again for the rest.",
                    OperationKind.Repair => "What was copied stays. The rest is copied automatically.",
                    _ => "Nothing incomplete is left. A scheduled backup is repeated automatically.",
                }
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

    /// <summary>Deletes the oldest ended operations above <see cref="MaxStored"/>.</summary>
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
            records.Remove(id); // in the background, like everything that is only reported
        }
    }

    /// <summary>Stores the progress of running operations; called every few seconds.</summary>
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

    private Operation Create(OperationKind kind, string? askedBy, OperationRequest? request)
    {
        var now = time.GetUtcNow();
        return new()
        {
            Id = $"{NextTime(now.ToUnixTimeMilliseconds()):x11}{RandomNumberGenerator.GetHexString(6, lowercase: true)}",
            Kind = kind,
            State = OperationState.Queued,
            AskedBy = askedBy,
            Node = node,
            Created = now,
            Request = request,
        };
    }

    private RunningOperation Add(Operation operation) =>
        Register(operation, operation.AskedBy is { } by ? $"requested by {by}" : "due by schedule");

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
            // The result is too large for the store. The end must be stored anyway; otherwise the operation would run forever.
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

    // Even of two operations in the same millisecond, the later one has the greater id.
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
