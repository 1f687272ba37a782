using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using TaskStatus = Holdfast.Core.Tasks.TaskStatus;

namespace Holdfast.Core.Scheduling;

/// <summary>
/// Transitions of a task's status: pure functions whose results a runner stores. A run is <see cref="MarkStarted"/>, followed by one of
/// <see cref="MarkSucceeded"/>, <see cref="MarkFailed"/>, <see cref="MarkAborted"/>, <see cref="MarkDelayed"/> and
/// <see cref="MarkInterrupted"/>. Each of these also uses up the run's slots, so a run whose start was not stored, or that could not start,
/// is not due again at once. All times come from one clock, the runner's.
/// </summary>
public static class TaskStatusTransitions
{
    /// <summary>
    /// A run starts, on schedule or on request. It uses up the slots until now, a full backup those of both kinds, and ends a delay.
    /// </summary>
    /// <param name="status">The status before.</param>
    /// <param name="kind">The intended kind of the run.</param>
    /// <param name="start">When it starts; not before <see cref="NextBackup.At"/>, or the slot would be due again.</param>
    /// <param name="node">Tag of the node that runs it.</param>
    /// <param name="operationId">Id of its operation.</param>
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
    /// A run stored an archive at one or more destinations, or had nothing to store. If a destination failed, the state is completed with
    /// errors: there is no retry, because the missing copy is repaired.
    /// </summary>
    /// <param name="status">The status when the run started.</param>
    /// <param name="start">When the run started.</param>
    /// <param name="end">When it ended.</param>
    /// <param name="result">Its result; the kind that was made counts, not the requested one. At least one destination succeeded.</param>
    /// <param name="content">Contents of the database; null if it was not read or has no change token.</param>
    public static TaskStatus MarkSucceeded(
        TaskStatus status,
        DateTimeOffset start,
        DateTimeOffset end,
        OperationResult result,
        ContentDigest? content = null
    )
    {
        var kind = result.Kind ?? BackupKind.Full;
        var notFailed = result.WaitingDestinations ?? [];
        var failed = result
            .Destinations.Where(d => d.Value is not null && !notFailed.Contains(d.Key))
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
            LastState = result.Destinations.Values.All(d => d is null) ? OperationState.Completed : OperationState.CompletedWithErrors,
            Failures = 0,
            FailedKind = null,
            LastError = failed.Count == 0 ? null : string.Join("; ", failed),
            EffectiveType = result.Type ?? status.EffectiveType,
            TypeReason = result.TypeReason,
            Encryption = result.Encryption?.Mode ?? status.Encryption,
            // If nothing had changed, the last archive is still the one before.
            StoredBytes = result.Unchanged ? status.StoredBytes : result.StoredBytes,
            DatabaseBytes = result.DatabaseBytes,
            // If nothing changed, the size that the last archive was compared with stays. Sizes of different types are not comparable.
            PreviousDatabaseBytes =
                result.Unchanged ? status.PreviousDatabaseBytes
                : result.Type == status.EffectiveType ? status.DatabaseBytes
                : null,
            FailedDestinations =
                failed.Count == 0
                    ? null
                    : result
                        .Destinations.Where(d => d.Value is not null && !notFailed.Contains(d.Key))
                        .ToDictionary(d => d.Key, d => d.Value!, StringComparer.Ordinal),
            Head = result.Head ?? status.Head,
            StoredAt = [.. result.Destinations.Where(d => d.Value is null).Select(d => d.Key).Order(StringComparer.Ordinal)],
            Duration = end > start ? end - start : TimeSpan.Zero,
            NamesAhead = result.NamesAhead,
            MoreNamesAhead = result.MoreNamesAhead,
            Warnings = result.Warnings,
        };
    }

    /// <summary>
    /// A run failed, or could not start: it is retried after 1, 5 and 15 minutes, then at the next slot. The times of successful runs stay,
    /// so later incrementals extend the last good chain.
    /// </summary>
    /// <param name="status">The status when the run started.</param>
    /// <param name="kind">The intended kind.</param>
    /// <param name="start">When it started, or would have.</param>
    /// <param name="end">
    /// When it ended. For a run ended by a crash of the server, when that was detected, so that a database which crashes the server does
    /// not do so in a tight loop.
    /// </param>
    /// <param name="error">The error; <see cref="ErrorCatalog.Interrupted"/> after a crash.</param>
    /// <param name="destinations">Its destinations, if it failed at all of them; otherwise null, and their recorded state is kept.</param>
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

    /// <summary>An operator aborted a run for good: its slot is used up, and it is not retried.</summary>
    /// <param name="status">The status when the run started.</param>
    /// <param name="kind">The intended kind.</param>
    /// <param name="start">When it started.</param>
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

    /// <summary>An operator cancelled the retries of a failed run: it is next due at its next slot. The failure stays recorded.</summary>
    /// <param name="status">The status after the failure.</param>
    public static TaskStatus CancelRetry(TaskStatus status) => status with { FailedKind = null };

    /// <summary>An operator postponed a run until <paramref name="until"/>; nothing else starts the task before that.</summary>
    /// <param name="status">The status when the run started.</param>
    /// <param name="kind">The kind of the run.</param>
    /// <param name="start">When it started.</param>
    /// <param name="end">When it was stopped.</param>
    /// <param name="until">When it starts again.</param>
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

    /// <summary>The server shut down during a run: everything that was due before is due again, including a retry or a delay.</summary>
    /// <param name="status">The status when the run started.</param>
    /// <param name="before">The status that was passed to <see cref="MarkStarted"/>.</param>
    public static TaskStatus MarkInterrupted(TaskStatus status, TaskStatus before) =>
        status with
        {
            FullSlotUsed = before.FullSlotUsed,
            IncrementalSlotUsed = before.IncrementalSlotUsed,
            DelayedUntil = before.DelayedUntil,
            DelayedKind = before.DelayedKind,
        };

    /// <summary>
    /// The database was compared with its newest backup outside of its backups. The schedule of the backups does not change.
    /// </summary>
    /// <param name="status">The status.</param>
    /// <param name="start">When the comparison started.</param>
    /// <param name="isEqual">Whether it was read in full and is equal.</param>
    public static TaskStatus MarkCompared(TaskStatus status, DateTimeOffset start, bool isEqual) =>
        status with
        {
            LastCompared = start,
            LastRead = isEqual && !(status.LastRead > start) ? start : status.LastRead,
        };

    /// <summary>
    /// A destination no longer has the newest backup: it was redefined to another location, or the backup was removed there. Returns the
    /// same status if it did not have it.
    /// </summary>
    /// <param name="status">The status.</param>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="destinations">
    /// The destinations of the task, which are assumed to have the backup if a status from an older version does not list them.
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

    /// <summary>
    /// Destinations have the newest backup now, because it was copied there. Returns the same status if they were known to have it, or if
    /// the archive is no longer the newest one.
    /// </summary>
    /// <param name="status">The status.</param>
    /// <param name="archive">Path of the archive.</param>
    /// <param name="destinations">Names of the destinations that have it and all archives that it builds on.</param>
    public static TaskStatus MarkRepaired(TaskStatus status, string archive, IReadOnlyList<string> destinations)
    {
        if (status.Head?.Path is { } newest && newest != archive)
        {
            return status;
        }
        var stored = (status.StoredAt ?? []).Union(destinations).Order(StringComparer.Ordinal).ToList();
        var failed = status.FailedDestinations?.Where(f => !destinations.Contains(f.Key)).ToDictionary(StringComparer.Ordinal);
        if ((failed?.Count ?? 0) == (status.FailedDestinations?.Count ?? 0) && status.StoredAt?.Count == stored.Count)
        {
            return status;
        }
        return status with
        {
            StoredAt = stored,
            FailedDestinations = failed is { Count: > 0 } ? failed : null,
            LastError = failed is { Count: > 0 } || status.LastState != OperationState.CompletedWithErrors ? status.LastError : null,
        };
    }

    // Assigned, not raised to the maximum: a mark in the future, made by a wrong clock, must be corrected.
    private static TaskStatus UseSlots(TaskStatus status, BackupKind kind, DateTimeOffset start) =>
        status with
        {
            FullSlotUsed = kind == BackupKind.Full ? start : status.FullSlotUsed,
            IncrementalSlotUsed = start,
        };
}
