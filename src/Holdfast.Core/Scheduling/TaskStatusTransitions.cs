using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Scheduling;

/// <summary>
/// How a task's status goes on: pure functions that a runner applies and stores. A run is <see cref="MarkStarted"/>, then one
/// of <see cref="MarkSucceeded"/>, <see cref="MarkFailed"/>,
/// <see cref="MarkAborted"/>, <see cref="MarkDelayed"/> and <see cref="MarkInterrupted"/>. Each ending marks the run's slots too,
/// so a run whose begin was not stored, or that could not even begin,
/// is not due again at once. Times are those of one clock, the runner's.
/// </summary>
public static class TaskStatusTransitions
{
    /// <summary>
    /// A run begins, by schedule or by hand: the slots up to now are used up, a full's of both kinds, and a delay is
    /// over.
    /// </summary>
    /// <param name="status">The status before.</param>
    /// <param name="kind">The kind that the run is to be.</param>
    /// <param name="start">When it begins; not before <see cref="NextBackup.At"/>, for a slot after it would be due again.</param>
    /// <param name="node">Tag of the node that runs it.</param>
    /// <param name="operationId">Its operation.</param>
    public static TaskStatus MarkStarted(
        TaskStatus status,
        BackupKind kind,
        DateTimeOffset start,
        string? node = null,
        string? operationId = null
    ) =>
        UseSlots(status, kind, start) with
        {
            DelayedUntil = null,
            DelayedKind = null,
            Node = node ?? status.Node,
            OperationId = operationId ?? status.OperationId,
        };

    /// <summary>
    /// A run stored an archive at one destination or more, or had nothing to store. Where a destination failed, the
    /// state is completed with errors: no retry, the copy is healed.
    /// </summary>
    /// <param name="status">The status as the run began.</param>
    /// <param name="start">When the run began.</param>
    /// <param name="end">When it ended.</param>
    /// <param name="result">What came of it; its kind counts, not the one asked for. At least one destination went well.</param>
    /// <param name="content">What the database held; null where it was not read, or has no change token.</param>
    public static TaskStatus MarkSucceeded(
        TaskStatus status,
        DateTimeOffset start,
        DateTimeOffset end,
        OperationResult result,
        ContentDigest? content = null
    )
    {
        var kind = result.Kind ?? BackupKind.Full;
        var failed = result
            .Destinations.Where(d => d.Value is not null)
            .Select(d => $"{d.Key}: {d.Value}")
            .Order(StringComparer.Ordinal)
            .ToList();
        return UseSlots(status, kind, start) with
        {
            LastFullBackup = kind == BackupKind.Full ? start : status.LastFullBackup,
            LastIncrementalBackup = kind == BackupKind.Incremental ? start : status.LastIncrementalBackup,
            LastRead = result.Unchanged && !result.ReadInFull ? status.LastRead ?? start : start,
            Content = content ?? (result.Unchanged ? status.Content : null),
            LastEnd = end,
            LastState = failed.Count == 0 ? OperationState.Completed : OperationState.CompletedWithErrors,
            Failures = 0,
            FailedKind = null,
            LastError = failed.Count == 0 ? null : string.Join("; ", failed),
            EffectiveType = result.Type ?? status.EffectiveType,
            TypeReason = result.TypeReason,
            Encryption = result.Encryption?.Mode ?? status.Encryption,
            // Where nothing had changed, the last archive is still the one before.
            StoredBytes = result.Unchanged ? status.StoredBytes : result.StoredBytes,
            DatabaseBytes = result.DatabaseBytes,
            // Nothing changed: what the last archive was compared with still stands. Another type has another size.
            PreviousDatabaseBytes =
                result.Unchanged ? status.PreviousDatabaseBytes
                : result.Type == status.EffectiveType ? status.DatabaseBytes
                : null,
            FailedDestinations =
                failed.Count == 0
                    ? null
                    : result.Destinations.Where(d => d.Value is not null).ToDictionary(d => d.Key, d => d.Value!, StringComparer.Ordinal),
            Head = result.Head ?? status.Head,
            StoredAt = [.. result.Destinations.Where(d => d.Value is null).Select(d => d.Key).Order(StringComparer.Ordinal)],
            Duration = end > start ? end - start : TimeSpan.Zero,
            NamesAhead = result.NamesAhead,
            MoreNamesAhead = result.MoreNamesAhead,
            Warnings = result.Warnings,
        };
    }

    /// <summary>
    /// A run failed, or could not begin: it is tried again after 1, 5 and 15 minutes, then at the next slot. Successful
    /// times stay, so later incrementals extend the last good chain.
    /// </summary>
    /// <param name="status">The status as the run began.</param>
    /// <param name="kind">The kind that it was to be.</param>
    /// <param name="start">When it began, or would have.</param>
    /// <param name="end">
    /// When it ended. For a run that a crash of the server ended: when that was found, so that a database which brings
    /// the server down does not do so over and over.
    /// </param>
    /// <param name="error">Why; <see cref="ErrorCatalogue.Interrupted"/> after a crash.</param>
    /// <param name="destinations">Its destinations, where it failed at all of them; else null, and what was known of them stands.</param>
    public static TaskStatus MarkFailed(
        TaskStatus status,
        BackupKind kind,
        DateTimeOffset start,
        DateTimeOffset end,
        OperationError error,
        IReadOnlyList<string>? destinations = null
    ) =>
        UseSlots(status, kind, start) with
        {
            LastEnd = end,
            LastState = OperationState.Failed,
            Failures = status.Failures + 1,
            FailedKind = status.FailedKind == BackupKind.Full ? BackupKind.Full : kind,
            LastError = error.Message,
            FailedDestinations = destinations?.ToDictionary(d => d, _ => error.Message, StringComparer.Ordinal)
                ?? status.FailedDestinations,
            Warnings = [],
        };

    /// <summary>An operator stopped a run for good: its slot counts as used, and it is not tried again.</summary>
    /// <param name="status">The status as the run began.</param>
    /// <param name="kind">The kind that it was to be.</param>
    /// <param name="start">When it began.</param>
    /// <param name="end">When it ended.</param>
    public static TaskStatus MarkAborted(TaskStatus status, BackupKind kind, DateTimeOffset start, DateTimeOffset end) =>
        UseSlots(status, kind, start) with
        {
            LastEnd = end,
            LastState = OperationState.Aborted,
            FailedKind = null,
            LastError = null,
            Warnings = [],
        };

    /// <summary>A run that failed is not tried again before its next slot: an operator wants no more of it. That it failed stays.</summary>
    /// <param name="status">The status after it failed.</param>
    public static TaskStatus CancelRetry(TaskStatus status) => status with { FailedKind = null };

    /// <summary>
    /// An operator stopped a run that is to begin again at <paramref name="until"/>; nothing else starts the task
    /// before that.
    /// </summary>
    /// <param name="status">The status as the run began.</param>
    /// <param name="kind">The kind that it was to be, and will be.</param>
    /// <param name="start">When it began.</param>
    /// <param name="end">When it was stopped.</param>
    /// <param name="until">When it begins again.</param>
    public static TaskStatus MarkDelayed(
        TaskStatus status,
        BackupKind kind,
        DateTimeOffset start,
        DateTimeOffset end,
        DateTimeOffset until
    ) =>
        MarkAborted(status, kind, start, end) with
        {
            DelayedUntil = until,
            DelayedKind = status.FailedKind == BackupKind.Full ? BackupKind.Full : kind,
        };

    /// <summary>The server shut down in the middle of a run: what was due before it is due again, a retry and a delay too.</summary>
    /// <param name="status">The status as the run began.</param>
    /// <param name="before">The status that <see cref="MarkStarted"/> was given.</param>
    public static TaskStatus MarkInterrupted(TaskStatus status, TaskStatus before) =>
        status with
        {
            FullSlotUsed = before.FullSlotUsed,
            IncrementalSlotUsed = before.IncrementalSlotUsed,
            DelayedUntil = before.DelayedUntil,
            DelayedKind = before.DelayedKind,
        };

    /// <summary>The database was compared with its newest backup beside its backups: nothing of their schedule changes.</summary>
    /// <param name="status">The status.</param>
    /// <param name="start">When the comparison began.</param>
    /// <param name="isEqual">Whether it was read to its end, and is equal.</param>
    public static TaskStatus MarkCompared(TaskStatus status, DateTimeOffset start, bool isEqual) =>
        status with
        {
            LastCompared = start,
            LastRead = isEqual && !(status.LastRead > start) ? start : status.LastRead,
        };

    /// <summary>
    /// A destination no longer holds the newest backup: it means another place now, or somebody removed the backup
    /// there. The status itself where it did not.
    /// </summary>
    /// <param name="status">The status.</param>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="destinations">
    /// The destinations of the task, which hold the backup where the status of an older Holdfast does not say who does.
    /// </param>
    public static TaskStatus RemoveDestination(TaskStatus status, string destination, IReadOnlyList<string> destinations)
    {
        if (status.LastSuccess is null)
        {
            return status;
        }
        var stored = status.StoredAt ?? [.. destinations.Where(d => status.FailedDestinations?.ContainsKey(d) != true)];
        return stored.Contains(destination) ? status with { StoredAt = [.. stored.Where(d => d != destination)] } : status;
    }

    // Set, not raised: a mark that a wrong clock made in the future has to come back.
    private static TaskStatus UseSlots(TaskStatus status, BackupKind kind, DateTimeOffset start) =>
        status with
        {
            FullSlotUsed = kind == BackupKind.Full ? start : status.FullSlotUsed,
            IncrementalSlotUsed = start,
        };
}
