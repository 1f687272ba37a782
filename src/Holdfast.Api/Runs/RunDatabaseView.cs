using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Runs;

/// <summary>A database of a run.</summary>
/// <param name="Database">Its id.</param>
/// <param name="State">
/// The state of its newest operation in the run, <c>Missed</c> where its slot passed without one, <c>Due</c> where it
/// has yet to begin.
/// </param>
/// <param name="OperationId">That operation; null for none, or where it is no longer known.</param>
/// <param name="Kind">The kind of backup that was made, or is to be; null where there is no operation.</param>
/// <param name="Unchanged">Whether there was nothing to store.</param>
/// <param name="Error">Why it failed, or failed in part; null where it did not.</param>
/// <param name="Started">When it began; null for not yet.</param>
/// <param name="Ended">When it ended; null until then.</param>
/// <param name="ReadBytes">Bytes of the database that were read.</param>
/// <param name="StoredBytes">Bytes of the archive.</param>
public sealed record RunDatabaseView(
    string Database,
    string State,
    string? OperationId,
    BackupKind? Kind,
    bool Unchanged,
    OperationError? Error,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    long ReadBytes,
    long StoredBytes
);
