using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Runs;

/// <summary>A database of a run.</summary>
public sealed record RunDatabaseView
{
    /// <summary>Id of the database.</summary>
    public required string Database { get; init; }

    /// <summary>
    /// The state of its newest operation in the run; <c>Missed</c> if its scheduled time passed without one, <c>Due</c>
    /// if its backup has not begun yet.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Id of that operation; null if there is none, or it is no longer known.</summary>
    public required string? OperationId { get; init; }

    /// <summary>The kind of backup that was or will be made; null if there is no operation.</summary>
    public required BackupKind? Kind { get; init; }

    /// <summary>Whether nothing had changed, so that nothing was stored.</summary>
    public required bool Unchanged { get; init; }

    /// <summary>Why the backup failed, entirely or in part; null if it did not.</summary>
    public required OperationError? Error { get; init; }

    /// <summary>When the backup began; null if it has not.</summary>
    public required DateTimeOffset? Started { get; init; }

    /// <summary>When the backup ended; null if it has not.</summary>
    public required DateTimeOffset? Ended { get; init; }

    /// <summary>Bytes read from the database.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Size of the archive, in bytes.</summary>
    public required long StoredBytes { get; init; }
}
