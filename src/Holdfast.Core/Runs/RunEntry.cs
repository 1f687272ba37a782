using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Runs;

/// <summary>The state of one database in a run: its newest operation.</summary>
/// <param name="Operation">Id of the operation.</param>
/// <param name="Database">The database.</param>
/// <param name="State">State of the operation.</param>
/// <param name="Unchanged">Whether nothing had changed.</param>
/// <param name="Started">When it started; null while it waits.</param>
/// <param name="Ended">When it ended; null until then.</param>
/// <param name="ReadBytes">Bytes of the database read so far.</param>
/// <param name="StoredBytes">Size of its archive, in bytes.</param>
public readonly record struct RunEntry(
    string Operation,
    DatabaseId Database,
    OperationState State,
    bool Unchanged,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    long ReadBytes,
    long StoredBytes
)
{
    /// <summary>Whether it is queued or running.</summary>
    public bool IsPending => State <= OperationState.Running;

    /// <summary>Creates the entry of an operation.</summary>
    public static RunEntry From(Operation operation) =>
        new(
            operation.Id,
            operation.Database,
            operation.State,
            operation.Result is { Unchanged: true },
            operation.Started,
            operation.Ended,
            operation.Progress.DoneBytes,
            operation.Result?.StoredBytes ?? 0
        );
}
