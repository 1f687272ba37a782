using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Runs;

/// <summary>The state of one database in a run: its newest operation.</summary>
public readonly record struct RunEntry
{
    /// <summary>Id of the operation.</summary>
    public required string Operation { get; init; }

    /// <summary>The database.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>State of the operation.</summary>
    public required OperationState State { get; init; }

    /// <summary>Whether nothing had changed.</summary>
    public required bool Unchanged { get; init; }

    /// <summary>When it started; null while it waits.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended; null until then.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Bytes of the database read so far.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Size of its archive, in bytes.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>Whether it is queued or running.</summary>
    public bool IsPending => State <= OperationState.Running;

    /// <summary>Creates the entry of a backup.</summary>
    public static RunEntry From(Operation operation) =>
        new()
        {
            Operation = operation.Id,
            Database = operation.Database!,
            State = operation.State,
            Unchanged = operation.Result is { Unchanged: true },
            Started = operation.Started,
            Ended = operation.Ended,
            ReadBytes = operation.Progress.DoneBytes,
            StoredBytes = operation.Result?.StoredBytes ?? 0,
        };
}
