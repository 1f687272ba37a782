using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Core.Runs;

/// <summary>What became of one database in a run: its newest operation there.</summary>
/// <param name="Operation">Id of the operation.</param>
/// <param name="Database">The database.</param>
/// <param name="State">Where the operation stands.</param>
/// <param name="Unchanged">Whether there was nothing to store.</param>
/// <param name="Started">When it began; null while it waits.</param>
/// <param name="Ended">When it ended; null until then.</param>
/// <param name="ReadBytes">Bytes of the database that it has read.</param>
/// <param name="StoredBytes">Bytes of its archive.</param>
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
    /// <summary>Whether it waits or runs.</summary>
    public bool IsPending => State <= OperationState.Running;

    /// <summary>What an operation says.</summary>
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
