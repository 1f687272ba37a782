using System.Text.Json.Serialization;
using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Operations;

/// <summary>An operation, running or ended. Stored when it starts, when it ends, and at most every 5 s in between.</summary>
public sealed record Operation
{
    /// <summary>Its id; ids sort by creation time.</summary>
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>Its state.</summary>
    public required OperationState State { get; init; }

    /// <summary>
    /// The database that is backed up, or that a restore creates; null for an operation on a whole <see cref="Destination"/>.
    /// </summary>
    public DatabaseId? Database { get; init; }

    /// <summary>Name of the destination from which the catalog is rebuilt; null for an operation on a <see cref="Database"/>.</summary>
    public string? Destination { get; init; }

    /// <summary>What it works on, to be shown: the id of the database, or the name of the destination.</summary>
    [JsonIgnore]
    public string Subject => Database?.ToString() ?? Destination ?? "";

    /// <summary>Id of the task that it runs; null for a one-time backup and for a restore.</summary>
    public string? TaskId { get; init; }

    /// <summary>Name of that task when the operation was created.</summary>
    public string? TaskName { get; init; }

    /// <summary>The run of a server-wide backup task that it belongs to; null if there is none.</summary>
    public string? RunId { get; init; }

    /// <summary>The requested kind of backup; the result states the kind that was made.</summary>
    public BackupKind? BackupKind { get; init; }

    /// <summary>Who requested it; null for the schedule.</summary>
    public string? AskedBy { get; init; }

    /// <summary>The node that runs it.</summary>
    public required string Node { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it started; null while it waits.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended; null until then.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Its current phase, in a word or two: <c>waiting</c>, <c>reading</c>, <c>publishing</c>.</summary>
    public string Phase { get; init; } = "waiting";

    /// <summary>Its progress.</summary>
    public OperationProgress Progress { get; init; } = new();

    /// <summary>Its result; null until it has ended, and if it failed.</summary>
    public OperationResult? Result { get; init; }

    /// <summary>Why it failed completely or in part; null if it did not.</summary>
    public OperationError? Error { get; init; }

    /// <summary>
    /// The request, so that a waiting operation survives a restart; null for the backup of a task, and for operations of version 0.1.
    /// </summary>
    public OperationRequest? Request { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => State > OperationState.Running;
}
