using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Operations;

/// <summary>Something that runs or has run, as it is stored: at its begin, at its end, and at most every 5 s between them.</summary>
public sealed record Operation
{
    /// <summary>Its id; ids sort by the time that operations were asked for.</summary>
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>Where it stands.</summary>
    public required OperationState State { get; init; }

    /// <summary>The database that is backed up, or the new one that is made.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>Id of the task that it runs; null for a one-time backup and for a restore.</summary>
    public string? TaskId { get; init; }

    /// <summary>Name of that task when it was asked for.</summary>
    public string? TaskName { get; init; }

    /// <summary>The run of a server-wide backup task that it belongs to; null for none.</summary>
    public string? RunId { get; init; }

    /// <summary>The kind of backup asked for; the result says which was made.</summary>
    public BackupKind? BackupKind { get; init; }

    /// <summary>Who asked for it; null for the schedule.</summary>
    public string? AskedBy { get; init; }

    /// <summary>The node that runs it.</summary>
    public required string Node { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it began; null while it waits.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended; null until then.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>What it is doing, in a word or two: <c>waiting</c>, <c>reading</c>, <c>publishing</c>.</summary>
    public string Phase { get; init; } = "waiting";

    /// <summary>How far it is.</summary>
    public OperationProgress Progress { get; init; } = new();

    /// <summary>What came of it; null until it has ended, and where it failed.</summary>
    public OperationResult? Result { get; init; }

    /// <summary>Why it failed, or failed in part; null where it did not.</summary>
    public OperationError? Error { get; init; }

    /// <summary>
    /// What it was asked for, so that it can wait over a restart; null for the backup of a task, and for operations of
    /// version 0.1.
    /// </summary>
    public OperationRequest? Request { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => State > OperationState.Running;
}
